### English. The words of every page and letter; the other languages have exactly these, with exactly these variables: the build compares them.
### A variable in a message is set apart from the text around it, whatever direction it is written in.

## Every page

skip-to-content = Go to the content
page-title = { $page } – { $site }
page-title-with-error = Error: { $page } – { $site }
step = Step { $step } of { $steps }
language-label = Language
theme-label = Colours
theme-auto = As on this device
theme-light = Light
theme-dark = Dark
help-link = Help
privacy-link = Privacy
accessibility-link = Accessibility
back-to-start = Back to the start
start-again = Start again
cancel = Cancel
go-on = Continue
errors-title = Please put this right
help-desk-title = Need help?
help-desk-text = If you cannot go on, ask your help desk.
help-desk-phone = Telephone: { $phone }
request-number = If you ask for help, tell them this number: { $number }
moment = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }, { $time } ({ $zone })

## Start

start-title = Help with signing in
start-intro = For your account at { $site }. You do not need to be signed in.
start-reset = I have forgotten my password
start-reset-text = Set a new one. We send a message to your mailbox.
start-unlock = My account is locked
start-unlock-text = Unlock it and keep your password.
start-change = I know my password and want to change it
start-change-text = Also if it has expired.
start-name = I have forgotten my sign-in name
start-name-text = We send it to your mailbox.
start-provider = I sign in with { $provider }
start-provider-text = Your password is kept there.

## Who are you

reset-title = Forgot your password
reset-intro = Tell us who you are. We then send a message to the mailbox that belongs to your account.
unlock-title = Unlock your account
unlock-intro = Your password stays as it is. Tell us who you are, and we send a message to the mailbox that belongs to your account.
reminder-title = Forgot your sign-in name
reminder-intro = Tell us your e-mail address. If it belongs to an account, we send its sign-in name there.
name-label = Sign-in name or e-mail address
name-hint = For example jdoe
mail-label = E-mail address
request-submit = Send me a message
name-missing = Enter your sign-in name or e-mail address.
name-unusable = This cannot be a sign-in name. Check what you have typed.
working = One moment …
wait-title = One moment, please
wait-text = { $seconds ->
    [one] Wait one second, then press the button.
   *[other] Wait { $seconds } seconds, then press the button.
}
wait-reason = This keeps machines from flooding mailboxes. With scripts switched on in your browser there is no wait.

## Sent

sent-title = Check your mailbox
sent-reset = If we can reset this account, a message is on its way. It can take up to 5 minutes.
sent-unlock = If we can unlock this account, a message is on its way. It can take up to 5 minutes.
sent-reminder = If this address belongs to an account, a message with its sign-in name is on its way. It can take up to 5 minutes.
sent-choice = The message has a link and a code. Open the link, or type the code here.
more-time = I need more time
sent-until = You have until { $time }.
code-label = Code from the message
code-hint = Spaces and dashes do not matter. Nobody will ever ask you for this code by telephone.
code-missing = Type the code from the message.
code-wrong = This code is not right. Look for the newest message and type its code again.
tries-left = { $count ->
    [0] This code cannot be tried any more. Open the link of the message, or have a new one sent.
    [one] You can try once more.
   *[other] You can try { $count } more times.
}
nothing-came-title = Nothing came?
nothing-came-spam = Look in the folder for unwanted mail.
nothing-came-name = Make sure that you typed the right name. If not, start again.
nothing-came-help = If nothing arrives, your account may be looked after elsewhere. Your help desk knows.
again-submit = Send it again
again-in = You can have it sent again in { $seconds } s.
again-done = If the message can be sent again, it is on its way.
again-too-soon = It was sent a moment ago. Please wait a minute before you have it sent again.
proving-title = One more step
proving-text = You have shown one proof. Another one is needed.

## A link from a message

landing-reset = Set a new password for { $account } at { $site }
landing-unlock = Unlock { $account } at { $site }
landing-asked = This was asked for on { $when }, from { $place }.
landing-check = If that was not you, do not continue.
landing-not-me = I did not ask for this
other-title = You have already begun
other-text = In this browser you have shown that you are { $login }. The link you opened is for { $account }.
other-same-text = In this browser you have already shown who you are.
other-go-on = Continue as { $login }
other-switch = Continue as { $account }
not-me-title = It was not you?
not-me-text = If you confirm this, the links and codes we sent are dead at once, and for a while nobody can ask for new ones. Your password stays as it is.
not-me-submit = It was not me
not-me-done-title = Thank you. It is stopped.
not-me-done-text = Your password was not changed. For a while nobody can ask for a new one here, not even you. Your help desk can lift that.

## What is over

over-expired-title = This has run out
over-expired-text = Links and codes hold for a short time only. Nothing was changed.
over-used-title = This has been used
over-used-text = Each link and each code works once. If it was not you who used it, tell your help desk now.
over-superseded-title = There is a newer message
over-superseded-text = Only the newest message counts. Look for it in your mailbox, or start again.
over-cancelled-title = Cancelled
over-cancelled-text = Nothing was changed.
over-not-me-title = This was stopped
over-not-me-text = Somebody said that it was not them who asked. Nothing was changed.
over-locked-title = Too many tries
over-locked-text = The code was wrong too often. Nothing was changed. You can start again with a new message.
over-changed-title = Something has changed meanwhile
over-changed-text = The account or its password was changed since you asked. To be on the safe side, please start again.
over-unknown-title = We do not know this page any more
over-unknown-text = The link may be incomplete, or what it was for is long over. Nothing was changed.

## New password

accounts-label = For which accounts?
account-at = { $login } ({ $place })
account-elsewhere = Its password is kept at { $provider }.
account-not-here = Cannot be done here.
account-must-change = Password must be changed
account-expired = Password has expired
account-locked = Locked
account-disabled = Switched off
accounts-missing = Choose at least one account.
password-title = Choose a new password
password-for = For { $login }
new-label = New password
confirm-label = New password, again
show-password = Show the password
rules-title = Your new password
rule-shortest = { $count ->
    [one] has at least one character
   *[other] has { $count } characters or more
}
rule-longest = { $count ->
    [one] has at most one character
   *[other] has { $count } characters at most
}
rule-any = may have spaces and any letters: several words in a row are good
rule-leaked = has not turned up in known leaks
rule-context = is not your name, your address or the name of your organisation
rule-history = is none of those you used before
rule-history-count = { $count ->
    [one] is not the one you used before
   *[other] is none of the last { $count } you used
}
rule-quality = mixes kinds of characters, such as letters and digits
rule-dictionary = is not a common word
rule-too-young = cannot be changed again at once
rule-policy = fits the rules of your organisation
password-submit = Set the new password
password-missing = Type a new password.
confirm-differs = The two are not the same. Type the new password again.
finding-too-short = { $count ->
    [one] Too short: at least one character.
   *[other] Too short: { $count } characters or more.
}
finding-too-long = { $count ->
    [one] Too long: at most one character.
   *[other] Too long: { $count } characters at most.
}
finding-leaked = This password has turned up in known leaks. Choose another one.
finding-context = This is too like your name, your address or the name of your organisation.
finding-weak = This is too easily guessed. Several words in a row are better.
finding-not-text = This has characters that cannot be used.
finding-same = This is the password you have now. Choose another one.
refused-too-short = This is too short for your organisation's rules.
refused-too-long = This is too long for your organisation's rules.
refused-too-young = Your password was changed a short while ago and cannot be changed again yet. Try again tomorrow, or ask your help desk.
refused-history = You have used this one, or one very like it, before. Choose another one.
refused-quality = This is too simple for your organisation's rules. Mix small and capital letters, digits and signs, and leave out your name.
refused-dictionary = This is a common word or a known password. Choose another one.
refused-policy = This does not fit your organisation's rules. It may be too short, too simple, or one you used before.
refused-forbidden = This password may not be changed here. Ask your help desk.
refused-transport = This cannot be done safely just now. Ask your help desk.
refused-unsaid = Your organisation's rules do not allow this one. Choose another one.

## Results

done-title = Your password is changed
partly-done-title = Not everything is done yet
not-done-title = Nothing was changed
outcome-done = Changed
outcome-unlocked = Unlocked
outcome-refused = Not changed: your organisation's rules do not allow it
outcome-not-here = Not changed: its password is not kept here
outcome-changed-meanwhile = Not changed: something about the account has changed since you asked
outcome-later = Not changed: it cannot be reached just now
outcome-being-found-out = Not known yet: we are finding out
outcome-not-allowed = Not changed: it may not be done here
done-sign-in-text = Sign in as usual, with the new password.
done-sign-in = Sign in
done-devices = Where you were signed in, you may be asked for it.
done-stored = Change it also where it is stored: mail on your telephone, Wi-Fi, other programs.
done-notice = We have sent a note about this to your mailbox.
done-previous = { $minutes ->
    [one] Your old password may still work for up to one minute.
   *[other] Your old password may still work for up to { $minutes } minutes.
}
waiting-title = You have shown who you are
waiting-text = Accounts like this one are given time: on { $when } or later you can go on. Until then nothing is changed.
waiting-link = A message with a link to go on will reach you then. You may close this page.
executing-title = This is being done
executing-text = It can take a minute. You may close this page and come back to it.
look-again = Look again
try-again = Try again
unlock-ready-text = Your password stays as it is.
unlock-submit = Unlock now
unlocked-title = Your account is unlocked
unlocked-text = Your password is unchanged. Sign in as usual.
unlocked-again = If it is locked again, a telephone or program may still be using an old password. Change it there.

## Change

change-title = Change your password
change-intro = Also if your password has expired or must be changed.
old-label = Present password
old-missing = Type your present password.
change-refused = The sign-in name or the present password is not right, or this account cannot be changed here.
change-forgotten = I have forgotten my present password

## Somewhere else

provider-title = Your password is kept at { $provider }
provider-text = You change it there. The next page belongs to { $host }.
provider-submit = Go to { $host }
provider-kiosk = Open { $host } on a device of your own.

## Not here, not now

off-title = This is not available here
off-text = It is not offered for this organisation, or not at the moment.
many-title = Too many requests
many-text = { $minutes ->
    [one] From where you are, too much was asked for in a short time. Come back in a minute.
   *[other] From where you are, too much was asked for in a short time. Come back in { $minutes } minutes.
}
later-title = This cannot be done just now
later-text = Something we need cannot be reached. Nothing was changed. Please try again in a few minutes.
bad-request-title = We did not understand this
bad-request-text = Something in the request was not as it should be. Nothing was changed.
stale-form-title = This page was open for too long
stale-form-text = To be on the safe side, please open it again and repeat what you typed. Cookies have to be allowed for this site.
not-found-title = There is no such page
not-found-text = The address may be mistyped, or the page has moved.
wrong-host-title = This site is not here
wrong-host-text = The name in the address is none of ours.
broken-title = Something went wrong on our side
broken-text = We have taken note of it. Please try again in a few minutes.

## Help

help-title = How it works
help-intro = You can print this page and keep it.
help-reset-title = If you have forgotten your password
help-reset-1 = Open { $address } and choose “{ $choice }”.
help-reset-2 = Type your sign-in name or your e-mail address.
help-reset-3 = Look into your mailbox. The message has a link and a code. Open the link, or type the code on the page you came from.
help-reset-4 = Choose a new password. The page says what it has to be like.
help-reset-5 = Sign in with the new password, and change it where it is stored.
help-unlock-title = If your account is locked
help-unlock-text = The same steps lead there, and your password stays as it is.
help-change-title = If you know your password
help-change-text = You can change it at once, also if it has expired.
help-safe-title = Staying safe
help-safe-code = Nobody will ever ask you for a code or a password by telephone, mail or chat.
help-safe-address = Our pages are at { $address } and nowhere else.
help-safe-not-me = If you get a message you did not ask for, press “It was not me” in it. Your password stays as it is.
help-print = Use your browser's print command to print this page.
privacy-title = Privacy
privacy-kept = To send you a message and to set your password, we look at your account's entry: sign-in name, mail address, state. We keep when something was asked for, from which network, and what became of it.
privacy-not-kept = We do not keep your password. Names that were typed are kept only in a form from which they cannot be read.
privacy-cookies = This site uses only the cookies it cannot do without, and those in which you choose language and colours. Nothing comes from other sites, and nobody watches what you do here.
privacy-more = Your organisation has more on this.
accessibility-title = Accessibility
accessibility-text = These pages are made to be used by everybody: with the keyboard alone, with a screen reader, at four times the size, in high contrast, without scripts. They are tested against the Web Content Accessibility Guidelines 2.2, level AA.
accessibility-time = Links and codes hold for a limited time, for your safety. You can always ask for a new one.
accessibility-contact = If something is in your way, tell your help desk.

## Letters

letter-greeting = Hello { $name },
letter-greeting-nobody = Hello,
letter-challenge-subject-reset = Set a new password for { $site }
letter-challenge-subject-unlock = Unlock your account at { $site }
letter-challenge-reset = Somebody, most likely you, has asked for a new password for { $account }.
letter-challenge-unlock = Somebody, most likely you, has asked to unlock { $account }.
letter-challenge-button = Continue
letter-challenge-link-until = This link works until { $until }:
letter-challenge-link = This link leads on:
letter-challenge-code-until = Or type this code on the page you came from. It holds until { $until }.
letter-challenge-code = Or type this code on the page you came from:
letter-never-asked = We never ask for this code by telephone, mail or chat. Whoever asks for it is not one of us.
letter-nothing-yet = If you do nothing, nothing is changed.
letter-changed-subject = Your password for { $site } was changed
letter-changed = The password of { $account } was changed on { $when }.
letter-unlocked-subject = Your account at { $site } was unlocked
letter-unlocked = { $account } was unlocked on { $when }. The password is unchanged.
letter-from = This was done from { $place }.
letter-asked-from = It was asked for on { $when }, from { $place }.
letter-asked = It was asked for on { $when }.
letter-if-you = If that was you, there is nothing to do.
letter-not-me = If it was not you, open this page and say so:
letter-not-me-button = It was not me
letter-not-here-subject = Your password for { $site } is kept elsewhere
letter-not-here = Somebody, most likely you, has asked for a new password for { $account }. This password is kept at { $provider }, and you can change it there.
letter-not-here-unsaid = Somebody, most likely you, has asked for a new password for { $account }. This password is not kept here. Your help desk knows where to change it.
letter-not-here-button = Go to { $host }
letter-reminder-subject = Your sign-in name for { $site }
letter-reminder = { $count ->
    [one] You sign in with this name:
   *[other] You sign in with one of these names:
}
letter-sign-in-subject = Your sign-in at { $site } needs your attention
letter-sign-in-reset = A program has tried to sign in as { $account }. It was not let in, because the password has expired or must be changed first. You can set a new one here:
letter-sign-in-unlock = A program has tried to sign in as { $account }. It was not let in, because the account is locked. You can unlock it here:
letter-waiting-subject = Somebody has asked for your account at { $site }
letter-waiting = Somebody has proven by a message that { $account } is theirs, on { $when }.
letter-waiting-until = On { $when } or later they can go on. Until then nothing is changed.
letter-privileged-subject = A privileged account at { $site } was reset
letter-privileged = The password of { $account } was set anew through self-service on { $when }.
letter-privileged-unlock = { $account } was unlocked through self-service on { $when }.
letter-privileged-check = If nobody can explain this, act now.
letter-help-desk = Help: { $text }
letter-sent-by = This message was written by a program of { $site }. Please do not answer it.
