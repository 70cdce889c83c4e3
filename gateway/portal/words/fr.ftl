### Français.

## Every page

skip-to-content = Aller au contenu
page-title = { $page } – { $site }
page-title-with-error = Erreur : { $page } – { $site }
step = Étape { $step } sur { $steps }
language-label = Langue
theme-label = Couleurs
theme-auto = Comme sur cet appareil
theme-light = Clair
theme-dark = Sombre
help-link = Aide
privacy-link = Confidentialité
accessibility-link = Accessibilité
back-to-start = Retour au début
start-again = Recommencer
cancel = Annuler
go-on = Continuer
errors-title = Veuillez corriger ceci
help-desk-title = Besoin d’aide ?
help-desk-text = Si vous ne pouvez pas continuer, adressez-vous à votre assistance.
help-desk-phone = Téléphone : { $phone }
request-number = Si vous demandez de l’aide, donnez ce numéro : { $number }
moment = { $day } { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year } à { $time } ({ $zone })

## Start

start-title = Aide à la connexion
start-intro = Pour votre compte chez { $site }. Vous n’avez pas besoin d’être connecté.
start-reset = J’ai oublié mon mot de passe
start-reset-text = Choisissez-en un nouveau. Nous envoyons un message à votre adresse.
start-unlock = Mon compte est verrouillé
start-unlock-text = Déverrouillez-le et gardez votre mot de passe.
start-change = Je connais mon mot de passe et je veux le changer
start-change-text = Même s’il a expiré.
start-name = J’ai oublié mon nom de connexion
start-name-text = Nous l’envoyons à votre adresse.
start-provider = Je me connecte avec { $provider }
start-provider-text = Votre mot de passe se trouve là-bas.

## Who are you

reset-title = Mot de passe oublié
reset-intro = Dites-nous qui vous êtes. Nous envoyons alors un message à l’adresse qui appartient à votre compte.
unlock-title = Déverrouiller votre compte
unlock-intro = Votre mot de passe reste le même. Dites-nous qui vous êtes : nous envoyons un message à l’adresse qui appartient à votre compte.
reminder-title = Nom de connexion oublié
reminder-intro = Indiquez votre adresse électronique. Si elle appartient à un compte, nous y envoyons le nom de connexion.
name-label = Nom de connexion ou adresse électronique
name-hint = Par exemple jdoe
mail-label = Adresse électronique
request-submit = Envoyer un message
name-missing = Saisissez votre nom de connexion ou votre adresse électronique.
name-unusable = Ce ne peut pas être un nom de connexion. Vérifiez votre saisie.
working = Un instant …
wait-title = Un instant, s’il vous plaît
wait-text = { $seconds ->
    [one] Attendez { $seconds } seconde, puis appuyez sur le bouton.
   *[other] Attendez { $seconds } secondes, puis appuyez sur le bouton.
}
wait-reason = Cela empêche des machines d’inonder les boîtes aux lettres. Si les scripts sont activés dans votre navigateur, il n’y a pas d’attente.

## Sent

sent-title = Consultez votre messagerie
sent-reset = Si nous pouvons réinitialiser ce compte, un message est en route. Cela peut prendre jusqu’à 5 minutes.
sent-unlock = Si nous pouvons déverrouiller ce compte, un message est en route. Cela peut prendre jusqu’à 5 minutes.
sent-reminder = Si cette adresse appartient à un compte, un message avec son nom de connexion est en route. Cela peut prendre jusqu’à 5 minutes.
sent-choice = Le message contient un lien et un code. Ouvrez le lien, ou saisissez le code ici.
more-time = Il me faut plus de temps
sent-until = Vous avez jusqu’au { $time }.
code-label = Code du message
code-hint = Les espaces et les tirets ne comptent pas. Personne ne vous demandera jamais ce code par téléphone.
code-missing = Saisissez le code du message.
code-wrong = Ce code n’est pas le bon. Cherchez le message le plus récent et saisissez son code à nouveau.
tries-left = { $count ->
    [0] Ce code ne peut plus être essayé. Ouvrez le lien du message, ou faites-en envoyer un nouveau.
    [one] Vous pouvez essayer encore une fois.
   *[other] Vous pouvez essayer encore { $count } fois.
}
nothing-came-title = Rien n’est arrivé ?
nothing-came-spam = Regardez dans le dossier des messages indésirables.
nothing-came-name = Vérifiez que vous avez saisi le bon nom. Sinon, recommencez.
nothing-came-help = Si rien n’arrive, votre compte est peut-être géré ailleurs. Votre assistance le sait.
again-submit = Envoyer à nouveau
again-in = Vous pourrez le faire envoyer à nouveau dans { $seconds } s.
again-done = Si le message peut être envoyé à nouveau, il est en route.
again-too-soon = Il vient d’être envoyé. Attendez une minute avant de le faire envoyer à nouveau.
proving-title = Encore une étape
proving-text = Vous avez donné une preuve. Il en faut une autre.

## A link from a message

landing-reset = Nouveau mot de passe pour { $account } chez { $site }
landing-unlock = Déverrouiller { $account } chez { $site }
landing-asked = Cela a été demandé le { $when }, depuis { $place }.
landing-check = Si ce n’était pas vous, ne continuez pas.
landing-not-me = Je n’ai rien demandé
other-title = Vous avez déjà commencé
other-text = Dans ce navigateur, vous avez montré que vous êtes { $login }. Le lien ouvert est pour { $account }.
other-same-text = Dans ce navigateur, vous avez déjà montré qui vous êtes.
other-go-on = Continuer comme { $login }
other-switch = Continuer comme { $account }
not-me-title = Ce n’était pas vous ?
not-me-text = Si vous le confirmez, les liens et les codes envoyés ne valent plus rien, et pendant un certain temps personne ne peut en demander de nouveaux. Votre mot de passe reste le même.
not-me-submit = Ce n’était pas moi
not-me-done-title = Merci. C’est arrêté.
not-me-done-text = Votre mot de passe n’a pas été changé. Pendant un certain temps, personne ne peut en demander un nouveau ici, pas même vous. Votre assistance peut lever cela.

## What is over

over-expired-title = Le délai est passé
over-expired-text = Les liens et les codes ne valent que peu de temps. Rien n’a été changé.
over-used-title = Cela a déjà servi
over-used-text = Chaque lien et chaque code sert une fois. Si ce n’était pas vous, dites-le maintenant à votre assistance.
over-superseded-title = Il y a un message plus récent
over-superseded-text = Seul le message le plus récent compte. Cherchez-le dans votre messagerie, ou recommencez.
over-cancelled-title = Annulé
over-cancelled-text = Rien n’a été changé.
over-not-me-title = Cela a été arrêté
over-not-me-text = Quelqu’un a dit qu’il n’avait rien demandé. Rien n’a été changé.
over-locked-title = Trop d’essais
over-locked-text = Le code était faux trop souvent. Rien n’a été changé. Vous pouvez recommencer avec un nouveau message.
over-changed-title = Quelque chose a changé entre-temps
over-changed-text = Le compte ou son mot de passe a été changé depuis votre demande. Par prudence, veuillez recommencer.
over-unknown-title = Nous ne connaissons plus cette page
over-unknown-text = Le lien est peut-être incomplet, ou il est passé depuis longtemps. Rien n’a été changé.

## New password

accounts-label = Pour quels comptes ?
account-at = { $login } ({ $place })
account-elsewhere = Son mot de passe se trouve chez { $provider }.
account-not-here = Ce n’est pas possible ici.
account-must-change = Le mot de passe doit être changé
account-expired = Le mot de passe a expiré
account-locked = Verrouillé
account-disabled = Désactivé
accounts-missing = Choisissez au moins un compte.
password-title = Choisissez un nouveau mot de passe
password-for = Pour { $login }
new-label = Nouveau mot de passe
confirm-label = Nouveau mot de passe, à nouveau
show-password = Afficher le mot de passe
rules-title = Votre nouveau mot de passe
rule-shortest = { $count ->
    [one] a au moins { $count } caractère
   *[other] a au moins { $count } caractères
}
rule-longest = { $count ->
    [one] a au plus { $count } caractère
   *[other] a au plus { $count } caractères
}
rule-any = peut avoir des espaces et toutes les lettres : plusieurs mots à la suite conviennent bien
rule-leaked = ne figure pas dans des fuites connues
rule-context = n’est ni votre nom, ni votre adresse, ni le nom de votre organisation
rule-history = n’est aucun de ceux que vous avez déjà utilisés
rule-history-count = { $count ->
    [one] n’est pas le dernier que vous avez utilisé
   *[other] n’est aucun des { $count } derniers que vous avez utilisés
}
rule-quality = mélange plusieurs sortes de caractères, comme des lettres et des chiffres
rule-dictionary = n’est pas un mot courant
rule-too-young = ne peut pas être changé à nouveau aussitôt
rule-policy = respecte les règles de votre organisation
password-submit = Enregistrer le nouveau mot de passe
password-missing = Saisissez un nouveau mot de passe.
confirm-differs = Les deux ne sont pas identiques. Saisissez à nouveau le nouveau mot de passe.
finding-too-short = { $count ->
    [one] Trop court : au moins { $count } caractère.
   *[other] Trop court : au moins { $count } caractères.
}
finding-too-long = { $count ->
    [one] Trop long : au plus { $count } caractère.
   *[other] Trop long : au plus { $count } caractères.
}
finding-leaked = Ce mot de passe figure dans des fuites connues. Choisissez-en un autre.
finding-context = C’est trop proche de votre nom, de votre adresse ou du nom de votre organisation.
finding-weak = C’est trop facile à deviner. Plusieurs mots à la suite valent mieux.
finding-not-text = Il contient des caractères qui ne peuvent pas être utilisés.
finding-same = C’est votre mot de passe actuel. Choisissez-en un autre.
refused-too-short = C’est trop court pour les règles de votre organisation.
refused-too-long = C’est trop long pour les règles de votre organisation.
refused-too-young = Votre mot de passe a été changé il y a peu et ne peut pas encore être changé à nouveau. Essayez demain, ou adressez-vous à votre assistance.
refused-history = Vous avez déjà utilisé celui-ci, ou un autre très proche. Choisissez-en un autre.
refused-quality = C’est trop simple pour les règles de votre organisation. Mélangez minuscules, majuscules, chiffres et signes, et n’y mettez pas votre nom.
refused-dictionary = C’est un mot courant ou un mot de passe connu. Choisissez-en un autre.
refused-policy = Cela ne respecte pas les règles de votre organisation. Il est peut-être trop court, trop simple, ou vous l’avez déjà utilisé.
refused-forbidden = Ce mot de passe ne peut pas être changé ici. Adressez-vous à votre assistance.
refused-transport = Cela ne peut pas se faire de manière sûre en ce moment. Adressez-vous à votre assistance.
refused-unsaid = Les règles de votre organisation n’autorisent pas celui-ci. Choisissez-en un autre.

## Results

done-title = Votre mot de passe est changé
partly-done-title = Tout n’est pas encore fait
not-done-title = Rien n’a été changé
outcome-done = Changé
outcome-unlocked = Déverrouillé
outcome-refused = Pas changé : les règles de votre organisation ne l’autorisent pas
outcome-not-here = Pas changé : son mot de passe ne se trouve pas ici
outcome-changed-meanwhile = Pas changé : le compte a été modifié depuis votre demande
outcome-later = Pas changé : il n’est pas joignable en ce moment
outcome-being-found-out = Pas encore connu : nous vérifions
outcome-not-allowed = Pas changé : ce n’est pas permis ici
done-sign-in-text = Connectez-vous comme d’habitude, avec le nouveau mot de passe.
done-sign-in = Se connecter
done-devices = Là où vous étiez connecté, il vous sera peut-être demandé.
done-stored = Changez-le aussi là où il est enregistré : messagerie du téléphone, Wi-Fi, autres programmes.
done-notice = Nous avons envoyé une note à ce sujet à votre adresse.
done-previous = { $minutes ->
    [one] Votre ancien mot de passe peut encore fonctionner pendant { $minutes } minute.
   *[other] Votre ancien mot de passe peut encore fonctionner pendant { $minutes } minutes.
}
waiting-title = Vous avez montré qui vous êtes
waiting-text = Les comptes comme celui-ci ont un délai : vous pourrez continuer à partir du { $when }. D’ici là, rien n’est changé.
waiting-link = Un message avec un lien vous parviendra alors. Vous pouvez fermer cette page.
executing-title = C’est en cours
executing-text = Cela peut prendre une minute. Vous pouvez fermer cette page et y revenir.
look-again = Regarder à nouveau
try-again = Réessayer
unlock-ready-text = Votre mot de passe reste le même.
unlock-submit = Déverrouiller maintenant
unlocked-title = Votre compte est déverrouillé
unlocked-text = Votre mot de passe n’a pas changé. Connectez-vous comme d’habitude.
unlocked-again = S’il se verrouille à nouveau, un téléphone ou un programme utilise peut-être encore un ancien mot de passe. Changez-le là-bas.

## Change

change-title = Changer votre mot de passe
change-intro = Même si votre mot de passe a expiré ou doit être changé.
old-label = Mot de passe actuel
old-missing = Saisissez votre mot de passe actuel.
change-refused = Le nom de connexion ou le mot de passe actuel n’est pas le bon, ou ce compte ne peut pas être changé ici.
change-forgotten = J’ai oublié mon mot de passe actuel

## Somewhere else

provider-title = Votre mot de passe se trouve chez { $provider }
provider-text = C’est là que vous le changez. La page suivante appartient à { $host }.
provider-submit = Aller sur { $host }
provider-kiosk = Ouvrez { $host } sur votre propre appareil.

## Not here, not now

off-title = Ce n’est pas disponible ici
off-text = Ce n’est pas proposé pour cette organisation, ou pas en ce moment.
many-title = Trop de demandes
many-text = { $minutes ->
    [one] De là où vous êtes, il y a eu trop de demandes en peu de temps. Revenez dans { $minutes } minute.
   *[other] De là où vous êtes, il y a eu trop de demandes en peu de temps. Revenez dans { $minutes } minutes.
}
later-title = Ce n’est pas possible en ce moment
later-text = Quelque chose dont nous avons besoin n’est pas joignable. Rien n’a été changé. Veuillez réessayer dans quelques minutes.
bad-request-title = Nous n’avons pas compris
bad-request-text = Quelque chose dans la demande n’était pas comme il faut. Rien n’a été changé.
stale-form-title = Cette page est restée ouverte trop longtemps
stale-form-text = Par prudence, ouvrez-la à nouveau et répétez votre saisie. Les cookies doivent être autorisés pour ce site.
not-found-title = Cette page n’existe pas
not-found-text = L’adresse est peut-être mal saisie, ou la page a été déplacée.
wrong-host-title = Ce site n’est pas ici
wrong-host-text = Le nom dans l’adresse n’est pas à nous.
broken-title = Quelque chose n’a pas marché chez nous
broken-text = Nous en avons pris note. Veuillez réessayer dans quelques minutes.

## Help

help-title = Comment faire
help-intro = Vous pouvez imprimer cette page et la garder.
help-reset-title = Si vous avez oublié votre mot de passe
help-reset-1 = Ouvrez { $address } et choisissez « { $choice } ».
help-reset-2 = Saisissez votre nom de connexion ou votre adresse électronique.
help-reset-3 = Consultez votre messagerie. Le message contient un lien et un code. Ouvrez le lien, ou saisissez le code sur la page d’où vous venez.
help-reset-4 = Choisissez un nouveau mot de passe. La page dit comment il doit être.
help-reset-5 = Connectez-vous avec le nouveau mot de passe, et changez-le là où il est enregistré.
help-unlock-title = Si votre compte est verrouillé
help-unlock-text = Les mêmes étapes y mènent, et votre mot de passe reste le même.
help-change-title = Si vous connaissez votre mot de passe
help-change-text = Vous pouvez le changer tout de suite, même s’il a expiré.
help-safe-title = Pour votre sécurité
help-safe-code = Personne ne vous demandera jamais un code ou un mot de passe par téléphone, par courriel ou par messagerie.
help-safe-address = Nos pages se trouvent à { $address } et nulle part ailleurs.
help-safe-not-me = Si vous recevez un message que vous n’avez pas demandé, appuyez sur « Ce n’était pas moi ». Votre mot de passe reste le même.
help-print = Imprimez cette page avec la commande d’impression de votre navigateur.
privacy-title = Confidentialité
privacy-kept = Pour vous envoyer un message et changer votre mot de passe, nous consultons la fiche de votre compte : nom de connexion, adresse, état. Nous gardons quand quelque chose a été demandé, depuis quel réseau, et ce qui en est advenu.
privacy-not-kept = Nous ne gardons pas votre mot de passe. Les noms saisis ne sont gardés que sous une forme où ils ne peuvent pas être lus.
privacy-cookies = Ce site n’utilise que les cookies indispensables, et ceux où vous choisissez la langue et les couleurs. Rien ne vient d’autres sites, et personne n’observe ce que vous faites ici.
privacy-more = Votre organisation en dit davantage.
accessibility-title = Accessibilité
accessibility-text = Ces pages sont faites pour tout le monde : au clavier seul, avec un lecteur d’écran, agrandies quatre fois, en contraste élevé, sans scripts. Elles sont vérifiées selon les Web Content Accessibility Guidelines 2.2, niveau AA.
accessibility-time = Les liens et les codes valent un temps limité, pour votre sécurité. Vous pouvez toujours en demander un nouveau.
accessibility-contact = Si quelque chose vous gêne, dites-le à votre assistance.

## Letters

letter-greeting = Bonjour { $name },
letter-greeting-nobody = Bonjour,
letter-challenge-subject-reset = Nouveau mot de passe pour { $site }
letter-challenge-subject-unlock = Déverrouiller votre compte chez { $site }
letter-challenge-reset = Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour { $account }.
letter-challenge-unlock = Quelqu’un, sans doute vous, a demandé à déverrouiller { $account }.
letter-challenge-button = Continuer
letter-challenge-link-until = Ce lien vaut jusqu’au { $until } :
letter-challenge-link = Ce lien mène à la suite :
letter-challenge-code-until = Ou saisissez ce code sur la page d’où vous venez. Il vaut jusqu’au { $until }.
letter-challenge-code = Ou saisissez ce code sur la page d’où vous venez :
letter-never-asked = Nous ne demandons jamais ce code par téléphone, par courriel ou par messagerie. Qui le demande n’est pas des nôtres.
letter-nothing-yet = Si vous ne faites rien, rien ne change.
letter-changed-subject = Votre mot de passe pour { $site } a été changé
letter-changed = Le mot de passe de { $account } a été changé le { $when }.
letter-unlocked-subject = Votre compte chez { $site } a été déverrouillé
letter-unlocked = { $account } a été déverrouillé le { $when }. Le mot de passe n’a pas changé.
letter-from = Cela a été fait depuis { $place }.
letter-asked-from = Cela a été demandé le { $when }, depuis { $place }.
letter-asked = Cela a été demandé le { $when }.
letter-if-you = Si c’était vous, il n’y a rien à faire.
letter-not-me = Si ce n’était pas vous, ouvrez cette page et dites-le :
letter-not-me-button = Ce n’était pas moi
letter-not-here-subject = Votre mot de passe pour { $site } se trouve ailleurs
letter-not-here = Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour { $account }. Ce mot de passe se trouve chez { $provider }, et c’est là que vous pouvez le changer.
letter-not-here-unsaid = Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour { $account }. Ce mot de passe ne se trouve pas ici. Votre assistance sait où le changer.
letter-not-here-button = Aller sur { $host }
letter-reminder-subject = Votre nom de connexion pour { $site }
letter-reminder = { $count ->
    [one] Vous vous connectez avec ce nom :
   *[other] Vous vous connectez avec l’un de ces noms :
}
letter-sign-in-subject = Votre connexion chez { $site } demande votre attention
letter-sign-in-reset = Un programme a essayé de se connecter comme { $account }. Il n’a pas été admis, parce que le mot de passe a expiré ou doit d’abord être changé. Vous pouvez en choisir un nouveau ici :
letter-sign-in-unlock = Un programme a essayé de se connecter comme { $account }. Il n’a pas été admis, parce que le compte est verrouillé. Vous pouvez le déverrouiller ici :
letter-waiting-subject = Une demande concerne votre compte chez { $site }
letter-waiting = Le { $when }, quelqu’un a prouvé par un message que { $account } est son compte.
letter-waiting-until = La suite est possible à partir du { $when }. D’ici là, rien n’est changé.
letter-privileged-subject = Un compte privilégié chez { $site } a été réinitialisé
letter-privileged = Le mot de passe de { $account } a été changé en libre-service le { $when }.
letter-privileged-unlock = { $account } a été déverrouillé en libre-service le { $when }.
letter-privileged-check = Si personne ne peut l’expliquer, agissez maintenant.
letter-help-desk = Aide : { $text }
letter-sent-by = Ce message a été écrit par un programme de { $site }. Merci de ne pas y répondre.
