### Deutsch.

## Every page

skip-to-content = Zum Inhalt
page-title = { $page } – { $site }
page-title-with-error = Fehler: { $page } – { $site }
step = Schritt { $step } von { $steps }
language-label = Sprache
theme-label = Farben
theme-auto = Wie auf diesem Gerät
theme-light = Hell
theme-dark = Dunkel
help-link = Hilfe
privacy-link = Datenschutz
accessibility-link = Barrierefreiheit
back-to-start = Zurück zum Anfang
start-again = Neu beginnen
cancel = Abbrechen
go-on = Weiter
errors-title = Bitte berichtigen Sie dies
help-desk-title = Brauchen Sie Hilfe?
help-desk-text = Wenn Sie nicht weiterkommen, fragen Sie Ihre Benutzerbetreuung.
help-desk-phone = Telefon: { $phone }
request-number = Wenn Sie um Hilfe bitten, nennen Sie diese Nummer: { $number }
moment = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } Uhr ({ $zone })

## Start

start-title = Hilfe beim Anmelden
start-intro = Für Ihr Konto bei { $site }. Sie müssen dafür nicht angemeldet sein.
start-reset = Ich habe mein Passwort vergessen
start-reset-text = Setzen Sie ein neues. Wir schicken eine Nachricht in Ihr Postfach.
start-unlock = Mein Konto ist gesperrt
start-unlock-text = Entsperren Sie es und behalten Sie Ihr Passwort.
start-change = Ich kenne mein Passwort und möchte es ändern
start-change-text = Auch wenn es abgelaufen ist.
start-name = Ich habe meinen Anmeldenamen vergessen
start-name-text = Wir schicken ihn in Ihr Postfach.
start-provider = Ich melde mich bei { $provider } an
start-provider-text = Ihr Passwort liegt dort.

## Who are you

reset-title = Passwort vergessen
reset-intro = Sagen Sie uns, wer Sie sind. Wir schicken dann eine Nachricht in das Postfach, das zu Ihrem Konto gehört.
unlock-title = Konto entsperren
unlock-intro = Ihr Passwort bleibt, wie es ist. Sagen Sie uns, wer Sie sind; wir schicken dann eine Nachricht in das Postfach, das zu Ihrem Konto gehört.
reminder-title = Anmeldenamen vergessen
reminder-intro = Nennen Sie uns Ihre E-Mail-Adresse. Gehört sie zu einem Konto, schicken wir den Anmeldenamen dorthin.
name-label = Anmeldename oder E-Mail-Adresse
name-hint = Zum Beispiel jdoe
mail-label = E-Mail-Adresse
request-submit = Nachricht schicken
name-missing = Geben Sie Ihren Anmeldenamen oder Ihre E-Mail-Adresse ein.
name-unusable = Das kann kein Anmeldename sein. Bitte prüfen Sie Ihre Eingabe.
working = Einen Augenblick …
wait-title = Einen Augenblick bitte
wait-text = { $seconds ->
    [one] Warten Sie eine Sekunde und drücken Sie dann die Taste.
   *[other] Warten Sie { $seconds } Sekunden und drücken Sie dann die Taste.
}
wait-reason = So kann keine Maschine Postfächer überfluten. Wenn Skripte in Ihrem Browser eingeschaltet sind, entfällt das Warten.

## Sent

sent-title = Sehen Sie in Ihr Postfach
sent-reset = Wenn wir dieses Konto zurücksetzen können, ist eine Nachricht unterwegs. Das kann bis zu 5 Minuten dauern.
sent-unlock = Wenn wir dieses Konto entsperren können, ist eine Nachricht unterwegs. Das kann bis zu 5 Minuten dauern.
sent-reminder = Wenn diese Adresse zu einem Konto gehört, ist eine Nachricht mit dem Anmeldenamen unterwegs. Das kann bis zu 5 Minuten dauern.
sent-choice = In der Nachricht stehen ein Link und ein Code. Öffnen Sie den Link, oder geben Sie den Code hier ein.
more-time = Ich brauche mehr Zeit
sent-until = Sie haben Zeit bis { $time }.
code-label = Code aus der Nachricht
code-hint = Leerzeichen und Striche spielen keine Rolle. Niemand wird Sie je am Telefon nach diesem Code fragen.
code-missing = Geben Sie den Code aus der Nachricht ein.
code-wrong = Dieser Code stimmt nicht. Suchen Sie die neueste Nachricht und geben Sie deren Code noch einmal ein.
tries-left = { $count ->
    [0] Dieser Code kann nicht mehr versucht werden. Öffnen Sie den Link der Nachricht, oder lassen Sie eine neue schicken.
    [one] Sie können es noch einmal versuchen.
   *[other] Sie können es noch { $count } Mal versuchen.
}
nothing-came-title = Nichts gekommen?
nothing-came-spam = Sehen Sie im Ordner für unerwünschte Nachrichten nach.
nothing-came-name = Prüfen Sie, ob Sie den richtigen Namen eingegeben haben. Wenn nicht, beginnen Sie neu.
nothing-came-help = Wenn nichts ankommt, wird Ihr Konto vielleicht anderswo betreut. Ihre Benutzerbetreuung weiß es.
again-submit = Noch einmal schicken
again-in = In { $seconds } s können Sie sie noch einmal schicken lassen.
again-done = Wenn die Nachricht noch einmal geschickt werden kann, ist sie unterwegs.
again-too-soon = Sie wurde gerade erst geschickt. Bitte warten Sie eine Minute, bevor Sie sie noch einmal schicken lassen.
proving-title = Noch ein Schritt
proving-text = Ein Nachweis ist erbracht. Es wird noch einer gebraucht.

## A link from a message

landing-reset = Neues Passwort für { $account } bei { $site }
landing-unlock = { $account } bei { $site } entsperren
landing-asked = Darum wurde am { $when } gebeten, von { $place } aus.
landing-check = Wenn das nicht Sie waren, gehen Sie nicht weiter.
landing-not-me = Ich habe nicht darum gebeten
other-title = Sie haben schon begonnen
other-text = In diesem Browser haben Sie gezeigt, dass Sie { $login } sind. Der geöffnete Link ist für { $account }.
other-same-text = In diesem Browser haben Sie schon gezeigt, wer Sie sind.
other-go-on = Weiter als { $login }
other-switch = Weiter als { $account }
not-me-title = Das waren nicht Sie?
not-me-text = Wenn Sie das bestätigen, gelten die geschickten Links und Codes sofort nicht mehr, und eine Zeit lang kann niemand um neue bitten. Ihr Passwort bleibt, wie es ist.
not-me-submit = Das war ich nicht
not-me-done-title = Danke. Es ist angehalten.
not-me-done-text = Ihr Passwort wurde nicht geändert. Eine Zeit lang kann hier niemand um ein neues bitten, auch Sie nicht. Ihre Benutzerbetreuung kann das aufheben.

## What is over

over-expired-title = Das ist abgelaufen
over-expired-text = Links und Codes gelten nur kurze Zeit. Es wurde nichts geändert.
over-used-title = Das wurde schon benutzt
over-used-text = Jeder Link und jeder Code gilt einmal. Wenn nicht Sie es waren, sagen Sie es jetzt Ihrer Benutzerbetreuung.
over-superseded-title = Es gibt eine neuere Nachricht
over-superseded-text = Nur die neueste Nachricht zählt. Suchen Sie sie in Ihrem Postfach, oder beginnen Sie neu.
over-cancelled-title = Abgebrochen
over-cancelled-text = Es wurde nichts geändert.
over-not-me-title = Das wurde angehalten
over-not-me-text = Jemand hat gesagt, dass er nicht darum gebeten hat. Es wurde nichts geändert.
over-locked-title = Zu viele Versuche
over-locked-text = Der Code war zu oft falsch. Es wurde nichts geändert. Sie können mit einer neuen Nachricht neu beginnen.
over-changed-title = Inzwischen hat sich etwas geändert
over-changed-text = Das Konto oder sein Passwort wurde geändert, seit Sie gefragt haben. Zur Sicherheit beginnen Sie bitte neu.
over-unknown-title = Diese Seite kennen wir nicht mehr
over-unknown-text = Der Link ist vielleicht unvollständig, oder er ist längst vorbei. Es wurde nichts geändert.

## New password

accounts-label = Für welche Konten?
account-at = { $login } ({ $place })
account-elsewhere = Das Passwort liegt bei { $provider }.
account-not-here = Das geht hier nicht.
account-must-change = Passwort muss geändert werden
account-expired = Passwort ist abgelaufen
account-locked = Gesperrt
account-disabled = Abgeschaltet
accounts-missing = Wählen Sie mindestens ein Konto.
password-title = Neues Passwort wählen
password-for = Für { $login }
new-label = Neues Passwort
confirm-label = Neues Passwort, noch einmal
show-password = Passwort zeigen
rules-title = Ihr neues Passwort
rule-shortest = { $count ->
    [one] hat mindestens ein Zeichen
   *[other] hat mindestens { $count } Zeichen
}
rule-longest = { $count ->
    [one] hat höchstens ein Zeichen
   *[other] hat höchstens { $count } Zeichen
}
rule-any = darf Leerzeichen und alle Buchstaben haben: mehrere Wörter hintereinander sind gut
rule-leaked = ist in keiner bekannten Liste gestohlener Passwörter
rule-context = ist nicht Ihr Name, Ihre Adresse oder der Name Ihrer Organisation
rule-history = ist keines, das Sie früher benutzt haben
rule-history-count = { $count ->
    [one] ist nicht das zuletzt benutzte
   *[other] ist keines der letzten { $count }, die Sie benutzt haben
}
rule-quality = mischt verschiedene Zeichen, etwa Buchstaben und Ziffern
rule-dictionary = ist kein gewöhnliches Wort
rule-too-young = kann nicht sofort wieder geändert werden
rule-policy = passt zu den Regeln Ihrer Organisation
password-submit = Neues Passwort setzen
password-missing = Geben Sie ein neues Passwort ein.
confirm-differs = Die beiden sind nicht gleich. Geben Sie das neue Passwort noch einmal ein.
finding-too-short = { $count ->
    [one] Zu kurz: mindestens ein Zeichen.
   *[other] Zu kurz: mindestens { $count } Zeichen.
}
finding-too-long = { $count ->
    [one] Zu lang: höchstens ein Zeichen.
   *[other] Zu lang: höchstens { $count } Zeichen.
}
finding-leaked = Dieses Passwort steht in bekannten Listen gestohlener Passwörter. Wählen Sie ein anderes.
finding-context = Das ist Ihrem Namen, Ihrer Adresse oder dem Namen Ihrer Organisation zu ähnlich.
finding-weak = Das ist zu leicht zu erraten. Mehrere Wörter hintereinander sind besser.
finding-not-text = Darin sind Zeichen, die nicht benutzt werden können.
finding-same = Das ist Ihr jetziges Passwort. Wählen Sie ein anderes.
refused-too-short = Das ist für die Regeln Ihrer Organisation zu kurz.
refused-too-long = Das ist für die Regeln Ihrer Organisation zu lang.
refused-too-young = Ihr Passwort wurde erst vor Kurzem geändert und kann noch nicht wieder geändert werden. Versuchen Sie es morgen, oder fragen Sie Ihre Benutzerbetreuung.
refused-history = Dieses oder ein sehr ähnliches haben Sie schon benutzt. Wählen Sie ein anderes.
refused-quality = Das ist für die Regeln Ihrer Organisation zu einfach. Mischen Sie kleine und große Buchstaben, Ziffern und Zeichen, und lassen Sie Ihren Namen weg.
refused-dictionary = Das ist ein gewöhnliches Wort oder ein bekanntes Passwort. Wählen Sie ein anderes.
refused-policy = Das passt nicht zu den Regeln Ihrer Organisation. Vielleicht ist es zu kurz, zu einfach, oder Sie haben es schon benutzt.
refused-forbidden = Dieses Passwort darf hier nicht geändert werden. Fragen Sie Ihre Benutzerbetreuung.
refused-transport = Das geht gerade nicht auf sicherem Weg. Fragen Sie Ihre Benutzerbetreuung.
refused-unsaid = Die Regeln Ihrer Organisation lassen dieses nicht zu. Wählen Sie ein anderes.

## Results

done-title = Ihr Passwort ist geändert
partly-done-title = Es ist noch nicht alles getan
not-done-title = Es wurde nichts geändert
outcome-done = Geändert
outcome-unlocked = Entsperrt
outcome-refused = Nicht geändert: Die Regeln Ihrer Organisation lassen es nicht zu
outcome-not-here = Nicht geändert: Das Passwort liegt nicht hier
outcome-changed-meanwhile = Nicht geändert: Am Konto hat sich etwas geändert, seit Sie gefragt haben
outcome-later = Nicht geändert: Es ist gerade nicht erreichbar
outcome-being-found-out = Noch nicht bekannt: Wir stellen es fest
outcome-not-allowed = Nicht geändert: Es darf hier nicht geschehen
done-sign-in-text = Melden Sie sich wie gewohnt an, mit dem neuen Passwort.
done-sign-in = Anmelden
done-devices = Wo Sie angemeldet waren, werden Sie vielleicht danach gefragt.
done-stored = Ändern Sie es auch, wo es gespeichert ist: E-Mail auf dem Telefon, WLAN, andere Programme.
done-notice = Wir haben eine Nachricht darüber in Ihr Postfach geschickt.
done-previous = { $minutes ->
    [one] Ihr altes Passwort gilt vielleicht noch bis zu eine Minute lang.
   *[other] Ihr altes Passwort gilt vielleicht noch bis zu { $minutes } Minuten lang.
}
waiting-title = Sie haben gezeigt, wer Sie sind
waiting-text = Konten wie dieses haben eine Bedenkzeit: ab { $when } können Sie weitermachen. Bis dahin wird nichts geändert.
waiting-link = Dann erreicht Sie eine Nachricht mit einem Link. Sie können diese Seite schließen.
executing-title = Es wird gerade getan
executing-text = Das kann eine Minute dauern. Sie können diese Seite schließen und wiederkommen.
look-again = Noch einmal nachsehen
try-again = Noch einmal versuchen
unlock-ready-text = Ihr Passwort bleibt, wie es ist.
unlock-submit = Jetzt entsperren
unlocked-title = Ihr Konto ist entsperrt
unlocked-text = Ihr Passwort ist unverändert. Melden Sie sich wie gewohnt an.
unlocked-again = Wird es wieder gesperrt, benutzt vielleicht ein Telefon oder Programm noch ein altes Passwort. Ändern Sie es dort.

## Change

change-title = Passwort ändern
change-intro = Auch wenn Ihr Passwort abgelaufen ist oder geändert werden muss.
old-label = Jetziges Passwort
old-missing = Geben Sie Ihr jetziges Passwort ein.
change-refused = Der Anmeldename oder das jetzige Passwort stimmt nicht, oder dieses Konto kann hier nicht geändert werden.
change-forgotten = Ich habe mein jetziges Passwort vergessen

## Somewhere else

provider-title = Ihr Passwort liegt bei { $provider }
provider-text = Sie ändern es dort. Die nächste Seite gehört { $host }.
provider-submit = Weiter zu { $host }
provider-kiosk = Öffnen Sie { $host } auf einem eigenen Gerät.

## Not here, not now

off-title = Das gibt es hier nicht
off-text = Es wird für diese Organisation nicht angeboten, oder zurzeit nicht.
many-title = Zu viele Anfragen
many-text = { $minutes ->
    [one] Von dort, wo Sie sind, kam in kurzer Zeit zu viel. Kommen Sie in einer Minute wieder.
   *[other] Von dort, wo Sie sind, kam in kurzer Zeit zu viel. Kommen Sie in { $minutes } Minuten wieder.
}
later-title = Das geht gerade nicht
later-text = Etwas, das wir brauchen, ist nicht erreichbar. Es wurde nichts geändert. Bitte versuchen Sie es in ein paar Minuten noch einmal.
bad-request-title = Das haben wir nicht verstanden
bad-request-text = Etwas an der Anfrage war nicht, wie es sein soll. Es wurde nichts geändert.
stale-form-title = Diese Seite war zu lange offen
stale-form-text = Zur Sicherheit öffnen Sie sie bitte neu und wiederholen Sie Ihre Eingabe. Cookies müssen für diese Seite erlaubt sein.
not-found-title = Diese Seite gibt es nicht
not-found-text = Vielleicht ist die Adresse vertippt, oder die Seite ist umgezogen.
wrong-host-title = Diese Seite ist nicht hier
wrong-host-text = Der Name in der Adresse gehört nicht zu uns.
broken-title = Bei uns ist etwas schiefgegangen
broken-text = Wir haben es vermerkt. Bitte versuchen Sie es in ein paar Minuten noch einmal.

## Help

help-title = So geht es
help-intro = Sie können diese Seite ausdrucken und aufheben.
help-reset-title = Wenn Sie Ihr Passwort vergessen haben
help-reset-1 = Öffnen Sie { $address } und wählen Sie „{ $choice }“.
help-reset-2 = Geben Sie Ihren Anmeldenamen oder Ihre E-Mail-Adresse ein.
help-reset-3 = Sehen Sie in Ihr Postfach. In der Nachricht stehen ein Link und ein Code. Öffnen Sie den Link, oder geben Sie den Code auf der Seite ein, von der Sie kommen.
help-reset-4 = Wählen Sie ein neues Passwort. Die Seite sagt, wie es sein muss.
help-reset-5 = Melden Sie sich mit dem neuen Passwort an, und ändern Sie es, wo es gespeichert ist.
help-unlock-title = Wenn Ihr Konto gesperrt ist
help-unlock-text = Dieselben Schritte führen dorthin, und Ihr Passwort bleibt, wie es ist.
help-change-title = Wenn Sie Ihr Passwort kennen
help-change-text = Sie können es sofort ändern, auch wenn es abgelaufen ist.
help-safe-title = Damit es sicher bleibt
help-safe-code = Niemand wird Sie je am Telefon, in einer Mail oder im Chat nach einem Code oder Passwort fragen.
help-safe-address = Unsere Seiten stehen unter { $address } und nirgends sonst.
help-safe-not-me = Wenn Sie eine Nachricht bekommen, um die Sie nicht gebeten haben, drücken Sie darin „Das war ich nicht“. Ihr Passwort bleibt, wie es ist.
help-print = Drucken Sie diese Seite mit dem Druckbefehl Ihres Browsers.
privacy-title = Datenschutz
privacy-kept = Um Ihnen eine Nachricht zu schicken und Ihr Passwort zu setzen, sehen wir den Eintrag Ihres Kontos an: Anmeldename, Mailadresse, Zustand. Wir behalten, wann um etwas gebeten wurde, aus welchem Netz, und was daraus wurde.
privacy-not-kept = Ihr Passwort behalten wir nicht. Eingegebene Namen behalten wir nur in einer Form, aus der sie sich nicht lesen lassen.
privacy-cookies = Diese Seiten benutzen nur Cookies, ohne die es nicht geht, und die, in denen Sie Sprache und Farben wählen. Nichts kommt von anderen Seiten, und niemand sieht zu, was Sie hier tun.
privacy-more = Ihre Organisation hat mehr dazu.
accessibility-title = Barrierefreiheit
accessibility-text = Diese Seiten sind für alle gemacht: mit der Tastatur allein, mit einem Vorleseprogramm, in vierfacher Größe, mit hohem Kontrast, ohne Skripte. Sie werden gegen die Web Content Accessibility Guidelines 2.2, Stufe AA, geprüft.
accessibility-time = Links und Codes gelten zu Ihrer Sicherheit nur begrenzte Zeit. Sie können jederzeit neue bekommen.
accessibility-contact = Wenn Ihnen etwas im Weg steht, sagen Sie es Ihrer Benutzerbetreuung.

## Letters

letter-greeting = Guten Tag { $name },
letter-greeting-nobody = Guten Tag,
letter-challenge-subject-reset = Neues Passwort für { $site }
letter-challenge-subject-unlock = Ihr Konto bei { $site } entsperren
letter-challenge-reset = Jemand, wahrscheinlich Sie, hat um ein neues Passwort für { $account } gebeten.
letter-challenge-unlock = Jemand, wahrscheinlich Sie, hat darum gebeten, { $account } zu entsperren.
letter-challenge-button = Weiter
letter-challenge-link-until = Dieser Link gilt bis { $until }:
letter-challenge-link = Dieser Link führt weiter:
letter-challenge-code-until = Oder geben Sie diesen Code auf der Seite ein, von der Sie kommen. Er gilt bis { $until }.
letter-challenge-code = Oder geben Sie diesen Code auf der Seite ein, von der Sie kommen:
letter-never-asked = Wir fragen nie am Telefon, in einer Mail oder im Chat nach diesem Code. Wer danach fragt, gehört nicht zu uns.
letter-nothing-yet = Wenn Sie nichts tun, wird nichts geändert.
letter-changed-subject = Ihr Passwort für { $site } wurde geändert
letter-changed = Das Passwort von { $account } wurde am { $when } geändert.
letter-unlocked-subject = Ihr Konto bei { $site } wurde entsperrt
letter-unlocked = { $account } wurde am { $when } entsperrt. Das Passwort ist unverändert.
letter-from = Das geschah von { $place } aus.
letter-asked-from = Darum wurde am { $when } gebeten, von { $place } aus.
letter-asked = Darum wurde am { $when } gebeten.
letter-if-you = Wenn Sie das waren, ist nichts zu tun.
letter-not-me = Wenn nicht, öffnen Sie diese Seite und sagen Sie es:
letter-not-me-button = Das war ich nicht
letter-not-here-subject = Ihr Passwort für { $site } liegt anderswo
letter-not-here = Jemand, wahrscheinlich Sie, hat um ein neues Passwort für { $account } gebeten. Dieses Passwort liegt bei { $provider }, und dort können Sie es ändern.
letter-not-here-unsaid = Jemand, wahrscheinlich Sie, hat um ein neues Passwort für { $account } gebeten. Dieses Passwort liegt nicht hier. Ihre Benutzerbetreuung weiß, wo Sie es ändern können.
letter-not-here-button = Weiter zu { $host }
letter-reminder-subject = Ihr Anmeldename für { $site }
letter-reminder = { $count ->
    [one] Sie melden sich mit diesem Namen an:
   *[other] Sie melden sich mit einem dieser Namen an:
}
letter-sign-in-subject = Ihre Anmeldung bei { $site } braucht Ihre Aufmerksamkeit
letter-sign-in-reset = Ein Programm hat versucht, sich als { $account } anzumelden. Es wurde nicht eingelassen, weil das Passwort abgelaufen ist oder erst geändert werden muss. Hier können Sie ein neues setzen:
letter-sign-in-unlock = Ein Programm hat versucht, sich als { $account } anzumelden. Es wurde nicht eingelassen, weil das Konto gesperrt ist. Hier können Sie es entsperren:
letter-waiting-subject = Jemand möchte Ihr Konto bei { $site } zurücksetzen
letter-waiting = Jemand hat am { $when } durch eine Nachricht gezeigt, dass { $account } sein Konto ist.
letter-waiting-until = Ab { $when } kann es weitergehen. Bis dahin wird nichts geändert.
letter-privileged-subject = Ein bevorrechtigtes Konto bei { $site } wurde zurückgesetzt
letter-privileged = Das Passwort von { $account } wurde am { $when } über die Selbstbedienung neu gesetzt.
letter-privileged-unlock = { $account } wurde am { $when } über die Selbstbedienung entsperrt.
letter-privileged-check = Wenn das niemand erklären kann, handeln Sie jetzt.
letter-help-desk = Hilfe: { $text }
letter-sent-by = Diese Nachricht hat ein Programm von { $site } geschrieben. Bitte antworten Sie nicht darauf.
