### العربية.

## Every page

skip-to-content = إلى المحتوى
page-title = { $page } – { $site }
page-title-with-error = خطأ: { $page } – { $site }
step = الخطوة { $step } من { $steps }
language-label = اللغة
theme-label = الألوان
theme-auto = كما في هذا الجهاز
theme-light = فاتح
theme-dark = داكن
help-link = المساعدة
privacy-link = الخصوصية
accessibility-link = سهولة الوصول
back-to-start = العودة إلى البداية
start-again = البدء من جديد
cancel = إلغاء
go-on = متابعة
errors-title = يُرجى تصحيح ما يلي
help-desk-title = هل تحتاج إلى مساعدة؟
help-desk-text = إذا لم تستطع المتابعة فاسأل مكتب المساعدة لديكم.
help-desk-phone = الهاتف: { $phone }
request-number = إذا طلبت المساعدة فاذكر هذا الرقم: { $number }
moment = { $day } { $month ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
} { $year }، الساعة { $time } ({ $zone })

## Start

start-title = المساعدة في تسجيل الدخول
start-intro = لحسابك لدى { $site }. لا حاجة إلى تسجيل الدخول.
start-reset = نسيت كلمة المرور
start-reset-text = اختر كلمة مرور جديدة. نرسل رسالة إلى بريدك.
start-unlock = حسابي مقفل
start-unlock-text = افتح القفل واحتفظ بكلمة المرور.
start-change = أعرف كلمة المرور وأريد تغييرها
start-change-text = حتى لو انتهت صلاحيتها.
start-name = نسيت اسم الدخول
start-name-text = نرسله إلى بريدك.
start-provider = أسجل الدخول عبر { $provider }
start-provider-text = كلمة المرور محفوظة هناك.

## Who are you

reset-title = نسيت كلمة المرور
reset-intro = أخبرنا من أنت. نرسل بعد ذلك رسالة إلى البريد المرتبط بحسابك.
unlock-title = فتح قفل الحساب
unlock-intro = تبقى كلمة المرور كما هي. أخبرنا من أنت، ونرسل رسالة إلى البريد المرتبط بحسابك.
reminder-title = نسيت اسم الدخول
reminder-intro = اكتب عنوان بريدك الإلكتروني. إن كان مرتبطًا بحساب أرسلنا اسم الدخول إليه.
name-label = اسم الدخول أو البريد الإلكتروني
name-hint = مثل jdoe
mail-label = البريد الإلكتروني
request-submit = أرسلوا لي رسالة
name-missing = اكتب اسم الدخول أو البريد الإلكتروني.
name-unusable = لا يمكن أن يكون هذا اسم دخول. راجع ما كتبته.
working = لحظة من فضلك …
wait-title = لحظة من فضلك
wait-text = { $seconds ->
    [zero] اضغط الزر الآن.
    [one] انتظر ثانية واحدة ثم اضغط الزر.
    [two] انتظر ثانيتين ثم اضغط الزر.
    [few] انتظر { $seconds } ثوانٍ ثم اضغط الزر.
    [many] انتظر { $seconds } ثانية ثم اضغط الزر.
   *[other] انتظر { $seconds } ثانية ثم اضغط الزر.
}
wait-reason = هذا يمنع الآلات من إغراق صناديق البريد. لا انتظار إذا كانت النصوص البرمجية مفعّلة في متصفحك.

## Sent

sent-title = راجع بريدك
sent-reset = إذا أمكن تعيين كلمة مرور جديدة لهذا الحساب فالرسالة في الطريق. قد يستغرق ذلك حتى 5 دقائق.
sent-unlock = إذا أمكن فتح قفل هذا الحساب فالرسالة في الطريق. قد يستغرق ذلك حتى 5 دقائق.
sent-reminder = إذا كان هذا العنوان مرتبطًا بحساب فالرسالة التي فيها اسم الدخول في الطريق. قد يستغرق ذلك حتى 5 دقائق.
sent-choice = في الرسالة رابط ورمز. افتح الرابط، أو اكتب الرمز هنا.
more-time = أحتاج إلى مزيد من الوقت
sent-until = لديك وقت حتى { $time }.
code-label = الرمز الذي في الرسالة
code-hint = لا أهمية للمسافات والشرطات. لن يسألك أحد عن هذا الرمز بالهاتف أبدًا.
code-missing = اكتب الرمز الذي في الرسالة.
code-wrong = هذا الرمز غير صحيح. ابحث عن أحدث رسالة واكتب رمزها من جديد.
tries-left = { $count ->
    [zero] لا يمكن تجربة هذا الرمز بعد الآن. افتح الرابط الذي في الرسالة، أو اطلب إرسال رسالة جديدة.
    [one] بقيت لك محاولة واحدة.
    [two] بقيت لك محاولتان.
    [few] بقيت لك { $count } محاولات.
    [many] بقيت لك { $count } محاولة.
   *[other] بقيت لك { $count } محاولة.
}
nothing-came-title = لم يصل شيء؟
nothing-came-spam = انظر في مجلد الرسائل غير المرغوب فيها.
nothing-came-name = تأكد من أنك كتبت الاسم الصحيح. وإلا فابدأ من جديد.
nothing-came-help = إذا لم يصل شيء فقد يكون حسابك مُدارًا في مكان آخر. مكتب المساعدة يعرف ذلك.
again-submit = إرسال مرة أخرى
again-in = يمكنك طلب إرسالها مرة أخرى بعد { $seconds } ث.
again-done = إذا أمكن إرسال الرسالة مرة أخرى فهي في الطريق.
again-too-soon = أُرسلت قبل لحظات. انتظر دقيقة قبل أن تطلب إرسالها مرة أخرى.
proving-title = خطوة أخرى
proving-text = قدّمت إثباتًا واحدًا، ويلزم إثبات آخر.

## A link from a message

landing-reset = كلمة مرور جديدة للحساب { $account } لدى { $site }
landing-unlock = فتح قفل الحساب { $account } لدى { $site }
landing-asked = طُلب هذا في { $when }، من { $place }.
landing-check = إذا لم تكن أنت من طلبه فلا تتابع.
landing-not-me = لم أطلب هذا
other-title = لقد بدأت من قبل
other-text = أثبتّ في هذا المتصفح أنك { $login }. الرابط الذي فتحته هو للحساب { $account }.
other-same-text = أثبتّ من قبل في هذا المتصفح من أنت.
other-go-on = المتابعة باسم { $login }
other-switch = المتابعة باسم { $account }
not-me-title = لم تكن أنت؟
not-me-text = إذا أكدت ذلك بطلت الروابط والرموز المرسلة فورًا، ولا يستطيع أحد طلب غيرها لبعض الوقت. تبقى كلمة المرور كما هي.
not-me-submit = لم أكن أنا
not-me-done-title = شكرًا. أُوقف الأمر.
not-me-done-text = لم تتغير كلمة المرور. لا يستطيع أحد أن يطلب هنا كلمة جديدة لبعض الوقت، ولا أنت أيضًا. يستطيع مكتب المساعدة رفع ذلك.

## What is over

over-expired-title = انتهت المدة
over-expired-text = الروابط والرموز صالحة لمدة قصيرة فقط. لم يتغير شيء.
over-used-title = استُعمل هذا من قبل
over-used-text = كل رابط وكل رمز يعمل مرة واحدة. إذا لم تكن أنت من استعمله فأخبر مكتب المساعدة الآن.
over-superseded-title = توجد رسالة أحدث
over-superseded-text = أحدث رسالة هي المعتبرة. ابحث عنها في بريدك، أو ابدأ من جديد.
over-cancelled-title = أُلغي
over-cancelled-text = لم يتغير شيء.
over-not-me-title = أُوقف هذا
over-not-me-text = قال أحدهم إنه لم يطلب ذلك. لم يتغير شيء.
over-locked-title = محاولات كثيرة
over-locked-text = كان الرمز خاطئًا مرات كثيرة. لم يتغير شيء. يمكنك أن تبدأ من جديد برسالة جديدة.
over-changed-title = تغير شيء في هذه الأثناء
over-changed-text = تغير الحساب أو كلمة مروره منذ طلبك. للأمان ابدأ من جديد من فضلك.
over-unknown-title = لم نعد نعرف هذه الصفحة
over-unknown-text = ربما كان الرابط ناقصًا، أو انتهى أمره منذ زمن. لم يتغير شيء.

## New password

accounts-label = لأي الحسابات؟
account-at = { $login } ({ $place })
account-elsewhere = كلمة مروره محفوظة لدى { $provider }.
account-not-here = لا يمكن ذلك هنا.
account-must-change = يجب تغيير كلمة المرور
account-expired = انتهت صلاحية كلمة المرور
account-locked = مقفل
account-disabled = معطل
accounts-missing = اختر حسابًا واحدًا على الأقل.
password-title = اختر كلمة مرور جديدة
password-for = للحساب { $login }
new-label = كلمة المرور الجديدة
confirm-label = كلمة المرور الجديدة مرة أخرى
show-password = إظهار كلمة المرور
rules-title = كلمة المرور الجديدة
rule-shortest = { $count ->
    [zero] بلا حد أدنى من الأحرف
    [one] فيها حرف واحد على الأقل
    [two] فيها حرفان على الأقل
    [few] فيها { $count } أحرف على الأقل
    [many] فيها { $count } حرفًا على الأقل
   *[other] فيها { $count } حرف على الأقل
}
rule-longest = { $count ->
    [zero] بلا حد أقصى من الأحرف
    [one] فيها حرف واحد على الأكثر
    [two] فيها حرفان على الأكثر
    [few] فيها { $count } أحرف على الأكثر
    [many] فيها { $count } حرفًا على الأكثر
   *[other] فيها { $count } حرف على الأكثر
}
rule-any = يجوز فيها المسافات وكل الحروف: عدة كلمات متتالية خيار جيد
rule-leaked = لم تظهر في تسريبات معروفة
rule-context = ليست اسمك ولا عنوانك ولا اسم مؤسستك
rule-history = لم تستعملها من قبل
rule-history-count = { $count ->
    [zero] لم تستعملها من قبل
    [one] ليست الأخيرة التي استعملتها
    [two] ليست من آخر كلمتين استعملتهما
    [few] ليست من آخر { $count } كلمات استعملتها
    [many] ليست من آخر { $count } كلمة استعملتها
   *[other] ليست من آخر { $count } كلمة استعملتها
}
rule-quality = تمزج أنواعًا من الأحرف، كالحروف والأرقام
rule-dictionary = ليست كلمة شائعة
rule-too-young = لا يمكن تغييرها مرة أخرى فورًا
rule-policy = توافق قواعد مؤسستك
password-submit = تعيين كلمة المرور الجديدة
password-missing = اكتب كلمة مرور جديدة.
confirm-differs = الكلمتان غير متطابقتين. اكتب كلمة المرور الجديدة مرة أخرى.
finding-too-short = { $count ->
    [zero] قصيرة جدًا.
    [one] قصيرة جدًا: حرف واحد على الأقل.
    [two] قصيرة جدًا: حرفان على الأقل.
    [few] قصيرة جدًا: { $count } أحرف على الأقل.
    [many] قصيرة جدًا: { $count } حرفًا على الأقل.
   *[other] قصيرة جدًا: { $count } حرف على الأقل.
}
finding-too-long = { $count ->
    [zero] طويلة جدًا.
    [one] طويلة جدًا: حرف واحد على الأكثر.
    [two] طويلة جدًا: حرفان على الأكثر.
    [few] طويلة جدًا: { $count } أحرف على الأكثر.
    [many] طويلة جدًا: { $count } حرفًا على الأكثر.
   *[other] طويلة جدًا: { $count } حرف على الأكثر.
}
finding-leaked = ظهرت كلمة المرور هذه في تسريبات معروفة. اختر غيرها.
finding-context = هذه شبيهة جدًا باسمك أو عنوانك أو اسم مؤسستك.
finding-weak = هذه سهلة التخمين. عدة كلمات متتالية أفضل.
finding-not-text = فيها أحرف لا يمكن استعمالها.
finding-same = هذه كلمة المرور الحالية. اختر غيرها.
refused-too-short = هذه أقصر مما تسمح به قواعد مؤسستك.
refused-too-long = هذه أطول مما تسمح به قواعد مؤسستك.
refused-too-young = غُيّرت كلمة المرور قبل وقت قصير ولا يمكن تغييرها بعد. حاول غدًا، أو اسأل مكتب المساعدة.
refused-history = استعملت هذه أو ما يشبهها كثيرًا من قبل. اختر غيرها.
refused-quality = هذه أبسط مما تسمح به قواعد مؤسستك. امزج حروفًا صغيرة وكبيرة وأرقامًا وعلامات، ولا تضع اسمك فيها.
refused-dictionary = هذه كلمة شائعة أو كلمة مرور معروفة. اختر غيرها.
refused-policy = هذه لا توافق قواعد مؤسستك. ربما كانت قصيرة أو بسيطة جدًا، أو استعملتها من قبل.
refused-forbidden = لا يجوز تغيير كلمة المرور هذه هنا. اسأل مكتب المساعدة.
refused-transport = لا يمكن ذلك بأمان الآن. اسأل مكتب المساعدة.
refused-unsaid = قواعد مؤسستك لا تسمح بهذه. اختر غيرها.

## Results

done-title = تغيرت كلمة المرور
partly-done-title = لم يكتمل كل شيء بعد
not-done-title = لم يتغير شيء
outcome-done = تغيرت
outcome-unlocked = فُتح القفل
outcome-refused = لم تتغير: قواعد مؤسستك لا تسمح بذلك
outcome-not-here = لم تتغير: كلمة المرور ليست محفوظة هنا
outcome-changed-meanwhile = لم تتغير: تغير شيء في الحساب منذ طلبك
outcome-later = لم تتغير: لا يمكن الوصول إليه الآن
outcome-being-found-out = غير معروف بعد: نحن نتحقق
outcome-not-allowed = لم تتغير: لا يجوز ذلك هنا
done-sign-in-text = سجل الدخول كالمعتاد بكلمة المرور الجديدة.
done-sign-in = تسجيل الدخول
done-devices = قد تُسأل عنها حيث كنت قد سجلت الدخول.
done-stored = غيّرها أيضًا حيث هي محفوظة: البريد في الهاتف، الشبكة اللاسلكية، برامج أخرى.
done-notice = أرسلنا إشعارًا بذلك إلى بريدك.
done-previous = { $minutes ->
    [zero] لم تعد كلمة المرور القديمة تعمل.
    [one] قد تبقى كلمة المرور القديمة صالحة دقيقة واحدة.
    [two] قد تبقى كلمة المرور القديمة صالحة دقيقتين.
    [few] قد تبقى كلمة المرور القديمة صالحة حتى { $minutes } دقائق.
    [many] قد تبقى كلمة المرور القديمة صالحة حتى { $minutes } دقيقة.
   *[other] قد تبقى كلمة المرور القديمة صالحة حتى { $minutes } دقيقة.
}
waiting-title = لقد أثبتّ هويتك
waiting-text = لحسابات كهذا مهلة: يمكنك المتابعة ابتداءً من { $when }. وحتى ذلك الحين لا يتغير شيء.
waiting-link = ستصلك حينها رسالة فيها رابط للمتابعة. يمكنك إغلاق هذه الصفحة.
executing-title = جارٍ التنفيذ
executing-text = قد يستغرق ذلك دقيقة. يمكنك إغلاق هذه الصفحة والعودة إليها.
look-again = انظر مرة أخرى
try-again = حاول مرة أخرى
unlock-ready-text = تبقى كلمة المرور كما هي.
unlock-submit = فتح القفل الآن
unlocked-title = فُتح قفل حسابك
unlocked-text = لم تتغير كلمة المرور. سجل الدخول كالمعتاد.
unlocked-again = إذا أُقفل مرة أخرى فربما يستعمل هاتف أو برنامج كلمة مرور قديمة. غيّرها هناك.

## Change

change-title = تغيير كلمة المرور
change-intro = حتى لو انتهت صلاحية كلمة المرور أو وجب تغييرها.
old-label = كلمة المرور الحالية
old-missing = اكتب كلمة المرور الحالية.
change-refused = اسم الدخول أو كلمة المرور الحالية غير صحيح، أو لا يمكن تغيير هذا الحساب هنا.
change-forgotten = نسيت كلمة المرور الحالية

## Somewhere else

provider-title = كلمة المرور محفوظة لدى { $provider }
provider-text = تغيّرها هناك. الصفحة التالية تابعة إلى { $host }.
provider-submit = الذهاب إلى { $host }
provider-kiosk = افتح { $host } على جهازك الخاص.

## Not here, not now

off-title = هذا غير متاح هنا
off-text = هذا غير معروض لهذه المؤسسة، أو ليس الآن.
many-title = طلبات كثيرة
many-text = { $minutes ->
    [zero] وصلت من مكانك طلبات كثيرة في وقت قصير. عد بعد قليل.
    [one] وصلت من مكانك طلبات كثيرة في وقت قصير. عد بعد دقيقة.
    [two] وصلت من مكانك طلبات كثيرة في وقت قصير. عد بعد دقيقتين.
    [few] وصلت من مكانك طلبات كثيرة في وقت قصير. عد بعد { $minutes } دقائق.
    [many] وصلت من مكانك طلبات كثيرة في وقت قصير. عد بعد { $minutes } دقيقة.
   *[other] وصلت من مكانك طلبات كثيرة في وقت قصير. عد بعد { $minutes } دقيقة.
}
later-title = لا يمكن ذلك الآن
later-text = لا يمكن الوصول إلى شيء نحتاج إليه. لم يتغير شيء. حاول مرة أخرى بعد دقائق من فضلك.
bad-request-title = لم نفهم هذا
bad-request-text = كان في الطلب شيء على غير ما ينبغي. لم يتغير شيء.
stale-form-title = بقيت هذه الصفحة مفتوحة مدة طويلة
stale-form-text = للأمان افتحها من جديد وأعد ما كتبته. يجب السماح بملفات تعريف الارتباط لهذا الموقع.
not-found-title = لا توجد صفحة كهذه
not-found-text = ربما كُتب العنوان خطأ، أو نُقلت الصفحة.
wrong-host-title = هذا الموقع ليس هنا
wrong-host-text = الاسم الذي في العنوان ليس لنا.
broken-title = حدث خطأ من جهتنا
broken-text = سجلنا ذلك. حاول مرة أخرى بعد دقائق من فضلك.

## Help

help-title = كيف يتم ذلك
help-intro = يمكنك طباعة هذه الصفحة والاحتفاظ بها.
help-reset-title = إذا نسيت كلمة المرور
help-reset-1 = افتح { $address } واختر «{ $choice }».
help-reset-2 = اكتب اسم الدخول أو البريد الإلكتروني.
help-reset-3 = راجع بريدك. في الرسالة رابط ورمز. افتح الرابط، أو اكتب الرمز في الصفحة التي جئت منها.
help-reset-4 = اختر كلمة مرور جديدة. الصفحة تقول كيف يجب أن تكون.
help-reset-5 = سجل الدخول بكلمة المرور الجديدة، وغيّرها حيث هي محفوظة.
help-unlock-title = إذا كان حسابك مقفلًا
help-unlock-text = الخطوات نفسها تؤدي إلى ذلك، وتبقى كلمة المرور كما هي.
help-change-title = إذا كنت تعرف كلمة المرور
help-change-text = يمكنك تغييرها فورًا، حتى لو انتهت صلاحيتها.
help-safe-title = للبقاء في أمان
help-safe-code = لن يسألك أحد عن رمز أو كلمة مرور بالهاتف أو البريد أو المحادثة أبدًا.
help-safe-address = صفحاتنا في { $address } وليست في مكان آخر.
help-safe-not-me = إذا وصلتك رسالة لم تطلبها فاضغط فيها «لم أكن أنا». تبقى كلمة المرور كما هي.
help-print = استعمل أمر الطباعة في متصفحك لطباعة هذه الصفحة.
privacy-title = الخصوصية
privacy-kept = لكي نرسل إليك رسالة ونعيّن كلمة المرور ننظر في بيانات حسابك: اسم الدخول والبريد والحالة. نحتفظ بوقت الطلب والشبكة التي جاء منها وما آل إليه.
privacy-not-kept = لا نحتفظ بكلمة المرور. الأسماء المكتوبة لا تُحفظ إلا بصورة لا يمكن قراءتها منها.
privacy-cookies = لا يستعمل هذا الموقع إلا ملفات تعريف الارتباط التي لا غنى عنها، وتلك التي تختار فيها اللغة والألوان. لا شيء يأتي من مواقع أخرى، ولا أحد يراقب ما تفعله هنا.
privacy-more = لدى مؤسستك المزيد عن هذا.
accessibility-title = سهولة الوصول
accessibility-text = صُنعت هذه الصفحات ليستعملها الجميع: بلوحة المفاتيح وحدها، وبقارئ الشاشة، وبأربعة أضعاف الحجم، وبتباين عالٍ، ومن دون نصوص برمجية. وهي مختبرة وفق إرشادات Web Content Accessibility Guidelines 2.2، المستوى AA.
accessibility-time = الروابط والرموز صالحة لمدة محدودة حفاظًا على أمانك. يمكنك طلب غيرها في أي وقت.
accessibility-contact = إذا اعترضك شيء فأخبر مكتب المساعدة.

## Letters

letter-greeting = مرحبًا { $name }،
letter-greeting-nobody = مرحبًا،
letter-challenge-subject-reset = كلمة مرور جديدة لدى { $site }
letter-challenge-subject-unlock = فتح قفل حسابك لدى { $site }
letter-challenge-reset = طلب أحدهم، وأنت على الأرجح، كلمة مرور جديدة للحساب { $account }.
letter-challenge-unlock = طلب أحدهم، وأنت على الأرجح، فتح قفل الحساب { $account }.
letter-challenge-button = متابعة
letter-challenge-link-until = هذا الرابط صالح حتى { $until }:
letter-challenge-link = هذا الرابط للمتابعة:
letter-challenge-code-until = أو اكتب هذا الرمز في الصفحة التي جئت منها. هو صالح حتى { $until }.
letter-challenge-code = أو اكتب هذا الرمز في الصفحة التي جئت منها:
letter-never-asked = لا نسأل عن هذا الرمز بالهاتف أو البريد أو المحادثة أبدًا. من يسأل عنه ليس منا.
letter-nothing-yet = إذا لم تفعل شيئًا فلن يتغير شيء.
letter-changed-subject = تغيرت كلمة المرور لدى { $site }
letter-changed = تغيرت كلمة مرور الحساب { $account } في { $when }.
letter-unlocked-subject = فُتح قفل حسابك لدى { $site }
letter-unlocked = فُتح قفل الحساب { $account } في { $when }. لم تتغير كلمة المرور.
letter-from = تم ذلك من { $place }.
letter-asked-from = طُلب ذلك في { $when }، من { $place }.
letter-asked = طُلب ذلك في { $when }.
letter-if-you = إذا كنت أنت فلا يلزم شيء.
letter-not-me = إذا لم تكن أنت فافتح هذه الصفحة وأخبرنا:
letter-not-me-button = لم أكن أنا
letter-not-here-subject = كلمة المرور الخاصة بك لدى { $site } محفوظة في مكان آخر
letter-not-here = طلب أحدهم، وأنت على الأرجح، كلمة مرور جديدة للحساب { $account }. كلمة المرور هذه محفوظة لدى { $provider }، ويمكنك تغييرها هناك.
letter-not-here-unsaid = طلب أحدهم، وأنت على الأرجح، كلمة مرور جديدة للحساب { $account }. كلمة المرور هذه ليست محفوظة هنا. يعرف مكتب المساعدة أين تُغيّر.
letter-not-here-button = الذهاب إلى { $host }
letter-reminder-subject = اسم الدخول لدى { $site }
letter-reminder = { $count ->
    [zero] لا يوجد اسم دخول:
    [one] تسجل الدخول بهذا الاسم:
    [two] تسجل الدخول بأحد هذين الاسمين:
    [few] تسجل الدخول بأحد هذه الأسماء:
    [many] تسجل الدخول بأحد هذه الأسماء:
   *[other] تسجل الدخول بأحد هذه الأسماء:
}
letter-sign-in-subject = تسجيل دخولك لدى { $site } يحتاج إلى انتباهك
letter-sign-in-reset = حاول برنامج تسجيل الدخول بالحساب { $account }. لم يُسمح له، لأن كلمة المرور انتهت صلاحيتها أو يجب تغييرها أولًا. يمكنك تعيين كلمة جديدة هنا:
letter-sign-in-unlock = حاول برنامج تسجيل الدخول بالحساب { $account }. لم يُسمح له، لأن الحساب مقفل. يمكنك فتح القفل هنا:
letter-waiting-subject = طلب يخص حسابك لدى { $site }
letter-waiting = أثبت شخص ما برسالة في { $when } أن الحساب { $account } حسابه.
letter-waiting-until = تمكن المتابعة ابتداءً من { $when }. وحتى ذلك الحين لا يتغير شيء.
letter-privileged-subject = عُيّنت كلمة مرور حساب ذي صلاحيات لدى { $site }
letter-privileged = عُيّنت كلمة مرور الحساب { $account } من جديد بالخدمة الذاتية في { $when }.
letter-privileged-unlock = فُتح قفل الحساب { $account } بالخدمة الذاتية في { $when }.
letter-privileged-check = إذا لم يستطع أحد تفسير ذلك فتصرّف الآن.
letter-help-desk = المساعدة: { $text }
letter-sent-by = كتب هذه الرسالة برنامج تابع إلى { $site }. لا ترد عليها من فضلك.
