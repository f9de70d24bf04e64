"""How postings in other languages than English speak of the work model.

Each family is read only in sentences that hold one of its own words, so that an English text pays next to nothing.
"""
# ruff: noqa: RUF001 - typographic dashes and letters of other scripts are what these patterns look for

from __future__ import annotations

import re
from functools import lru_cache

from bandmate.engines.extraction.wording import NEVER, Days, Wording, days_of, pattern, words

GERMAN = Wording(
    stems=words(
        "hybrid|remot|homeoffice|home office|home-office|vor ort|büro|woche|zu hause|zuhause|präsenz|"
        "ortsunabh|wöchentlich"
    ),
    common=(" und ",),
    days=days_of(
        numbers="ein/einen/einem|zwei/zweimal|drei/dreimal|vier/viermal|fünf/fünfmal",
        ranges="bis(?: zu)?|oder",
        nouns="tage?n?|mal|x",
        telling="tag|mal",
        weekly=r"(?:pro|die|in der|je|/|der)\s?(?:arbeits)?woche|wöchentlich",
        office=r"\w*büros?|vor ort|office(?! work)|standort|präsenz|studio|werkstatt|hybrid|zusammen|gemeinsam",
        home=r"remote|home[ -]?office|von zu ?hause|zu ?hause|mobil(?:e[sn]?)? arbeiten|mobil",
        rest=r"(?:den|die|der) rest|übrigen?|restlichen?|andere[nr]?|sonst",
        otherwise=r"urlaub\w*|reise\w*|krank\w*|monat|jahr|kündigung\w*|sonderurlaub|bildungsurlaub|kunden?|"
        r"workation|schicht\w*|werktage?n?|stunden|teilzeit",
    ),
    hybrid=pattern(
        r"\bhybride[nmrs]? (?:arbeit\w*|modell|zusammenarbeit|stelle|position|rolle|job|konzept)",
        r"\bhybrid[- ](?:modell|arbeit\w*|stelle|position|job|working)",
        r"\barbeite[nst]* (?:\w+ )?hybrid\b",
        r"\b(?:stelle|position|rolle|job|arbeitsort|arbeitsmodell|arbeitsweise|standort)(?: ist|"
        r":) (?:\w+ )?hybrid",
        r"\bmix aus (?:\w+ ){0,2}?(?:büro|home[ -]?office|remote|präsenz)",
        r"\b(?:teilweise|zum teil|anteilig|halb) (?:remote|im home[ -]?office|von zu ?hause)",
        r"\bhälfte (?:der|deiner|ihrer) (?:arbeits)?(?:zeit|woche)\b[^.\n]{0,60}(?:büro|vor ort|remote|home)",
    ),
    not_remote=pattern(
        r"\b(?:nicht|kein\w*|ohne)\b[^.,;\n]{0,40}?(?:\bremote|home[ -]?office|von zu ?hause)",
        r"(?:\bremote|home[ -]?office|\bvon zu ?hause)[^.;\n]{0,60}?\b(?:nicht|kein\w*|ausgeschlossen|"
        r"unmöglich)\b",
    ),
    not_only=pattern(r"\bnicht (?:nur|zwingend|unbedingt|ausschließlich|immer)\b", r"\bkein problem\b"),
    remote=pattern(
        r"\b(?:vollständig|komplett|ganz|voll|100 ?%|100 prozent|rein|ausschließlich|dauerhaft)\s?"
        r"(?:\w+ )?(?:remote|(?:im |aus dem )?home[ -]?office|ortsunabhängig|von zu ?hause)",
        r"\b(?:stelle|position|rolle|job) (?:ist|kann) (?:\w+ ){0,3}?remote\b",
        r"\bremote[- ](?:stelle|position|job|only|tätigkeit)\b|\b(?:arbeitsort|standort): remote\b",
        r"\b(?:deutschland|österreich|europa|bundes|welt|eu)-?weit (?:\w+ )?remote\b",
        r"\bremote (?:innerhalb|aus ganz|in ganz|von überall|deutschlandweit|bundesweit|europaweit|weltweit)\b",
        r"\barbeite[nst]* (?:\w+ )?ortsunabhängig|\bvon überall (?:aus )?arbeiten",
    ),
    on_site=pattern(
        r"\b(?:stelle|position|arbeit|rolle|job|tätigkeit|einsatz)\s(?:ist|findet|erfolgt|wird) (?:\w+ ){0,4}?"
        r"(?:vor ort|in präsenz|im büro)",
        r"\b(?:arbeitsort|arbeitsmodell): (?:vor ort|präsenz|büro)",
        r"\b(?:100 ?%|ausschließlich|vollständig|rein|komplett) (?:vor ort|in präsenz|im büro)",
        r"\bpräsenz(?:stelle|pflicht|arbeit)\b|\bjeden (?:arbeits)?tag (?:vor ort|im büro|in (?:unserer?|"
        r"der) \w+)",
    ),
)

FRENCH = Wording(
    stems=words("travail|bureau|semaine|hybride|sur site|présentiel|distanc|remote|sur place"),
    common=(
        " et ",
        " les ",
    ),
    days=days_of(
        numbers="un|deux|trois|quatre|cinq",
        ranges="à|ou|et",
        nouns="jours?|fois",
        telling="jour|fois",
        weekly=r"(?:par|/|la|de la|dans la|chaque)\s?semaine|hebdomadaires?|hebdo|/sem",
        office=r"bureaux?|sur (?:le )?site|présentiel|locaux|agence|siège|sur place|studio|atelier|hybride",
        home=r"(?:en |de )?t[ée]l[ée]travail\w*|à distance|remote|de chez (?:soi|vous|toi|eux)|à domicile|"
        r"(?:à|de) la maison|distanciel",
        rest=r"le reste|les autres|restants?",
        otherwise=r"cong[ée]s?|rtt|repos|vacances|mois|an|année|déplacements?|clients?|formation|préavis|école|"
        r"cours|alternance|week-?end|ouvrés|ouvrables",
    ),
    hybrid=pattern(
        r"\b(?:poste|travail|modèle?|mode|organisation|rythme|format|emploi|cadre)s?(?: de travail)?(?: est)? "
        r"(?:\w+ )?hybride",
        r"\bt[ée]l[ée]travail (?:partiel|hybride)|\b(?:est|en|:) hybride\b|^[-• ]*hybride\s?[:–-]",
        r"\bmoitié d[eu] (?:votre |ton |)(?:temps|la semaine)\b[^.\n]{0,60}(?:bureau|site|télétravail|distance)",
    ),
    not_remote=pattern(
        r"\b(?:pas|aucun|sans)\b (?:\w+[ '’]){0,5}?(?:t[ée]l[ée]travail\w*|remote|à distance)\b",
        r"\bt[ée]l[ée]travail (?:\w+ ){0,2}?(?:impossible|exclu|n['’]est|pas)\b|\bnon[- ]t[ée]l[ée]travaillable",
    ),
    not_only=pattern(r"\bpas (?:seulement|que|uniquement|obligatoire|forcément)\b"),
    remote=pattern(
        r"(?:\b(?:entièrement|totalement|complètement|intégralement|exclusivement|full)|100 ?%)[- ]"
        r"(?:en |à )?(?:t[ée]l[ée]travail|remote|distance|distanciel)",
        r"\b(?:t[ée]l[ée]travail|distanciel|remote) (?:total|complet|intégral|à 100 ?%|100 ?%|"
        r"à temps plein|permanent)",
        r"\b(?:poste|emploi|mission)(?: est)?(?: ouvert)? (?:en remote|en t[ée]l[ée]travail|à distance)\b"
        r"(?! (?:partiel|occasionnel|ponctuel|possible|\d|un|deux|trois|hybride|flexible))",
        r"\btravaille[rz] (?:\w+ )?de(?:puis)? n['’]importe où",
    ),
    on_site=pattern(
        r"\b(?:poste|travail|mission|emploi|stage)(?: \w+){0,3} (?:sur site|sur place|en présentiel)\b",
        r"s['’](?:exerce|effectue) (?:\w+ )?(?:sur (?:le )?site|sur place|en présentiel|"
        r"dans nos (?:bureaux|locaux))",
        r"\b(?:100 ?%|entièrement|totalement) (?:en )?(?:présentiel|sur site)|\bprésence (?:\w+ ){0,2}obligatoire",
    ),
)

IBERIAN = Wording(
    stems=words(
        "remot|teletrabajo|híbrid|hibrid|presencial|oficina|escritório|semana|desde casa|cualquier|"
        "qualquer lugar|de casa"
    ),
    common=(" para ", " que "),
    days=days_of(
        numbers="un/uno/um/uma/una|dos/dois/duas|tres/três|cuatro/quatro|cinco",
        ranges="o|ou|a|y|e|à",
        nouns="d[ií]as?|veces|vezes",
        telling="día|dia|veces|vezes",
        weekly=r"(?:por|a la|à|na|da|de la|/|cada|pela|em cada)\s?semana|semanal(?:es)?|semanais",
        office=r"oficinas?|escrit[óo]rios?|presencial\w*|sede|est[úu]dios?|taller|h[íi]brid[oa]|"
        r"empresa|instala[çc][õo]es|instalaciones",
        home=r"remot[oa](?:mente)?|teletrabaj\w+|desde (?:tu )?casa|de casa|em casa|en casa|home[ -]?office",
        rest=r"el resto|o resto|los demás|os demais|nos demais|restantes?|otros|outros",
        otherwise=r"vacaciones|férias|permisos?|mes|m[êe]s|a[ñn]o|ano|viajes?|viagens|clientes?|formaci[óo]n|"
        r"folgas?|descansos?|h[áa]biles|libres?|laborables|[úu]teis|turnos?",
    ),
    hybrid=pattern(
        r"\b(?:modalidad|modalidade|modelo|formato|esquema|trabajo|trabalho|puesto|posici[óo]n|vaga|"
        r"sistema|régimen|"
        r"regime|jornada|empleo|ambiente)(?: de (?:trabajo|trabalho))?(?: es| é|:)?\s?(?:\w+ )?h[íi]brid[oa]",
        r"^[-• ]*h[íi]brid[oa]\s?[:–-]|\((?:h[íi]brid[oa])\)|\bteletrabajo (?:parcial|h[íi]brido)",
    ),
    not_remote=pattern(
        r"\b(?:no|sin|nunca|não|nao|sem)\b (?:\w+ ){0,5}?(?:teletrabaj\w+|remot[oa]|(?:desde|de) casa|"
        r"home office)\b",
        r"\b(?:teletrabajo|remoto) (?:no|não)\b",
    ),
    not_only=pattern(r"\b(?:no|não) (?:solo|sólo|s[óo]|apenas|necesariamente|necessariamente)\b"),
    remote=pattern(
        r"(?:\b(?:totalmente|completamente|íntegramente|integralmente|enteramente|inteiramente|full)|100 ?%)"
        r"[- ](?:en |em )?(?:remot[oa]|teletrabajo|a distancia|à distância|home office)\b",
        r"\b(?:remot[oa]|teletrabajo) (?:al )?(?:100 ?%|total|completo)\b",
        r"\b(?:puesto|trabajo|trabalho|modalidad|modalidade|modelo|posici[óo]n|vaga|vacante|empleo)"
        r"(?: de (?:trabajo|trabalho))?(?: es| é|:)?\s?remot[oa]\b(?! (?:o|ou|y|e) )",
        r"\b(?:trabaj\w+|trabalh\w+) (?:\w+ )?(?:desde|de|a partir de) (?:cualquier|qualquer) "
        r"(?:lugar|parte|sitio|ciudad|cidade|pa[íi]s)",
    ),
    on_site=pattern(
        r"\b(?:puesto|trabajo|trabalho|modalidad|modalidade|modelo|posici[óo]n|vaga|vacante|jornada|rol|"
        r"empleo|regime)"
        r"(?: de (?:trabajo|trabalho))?(?: es| é| será|:)?\s?(?:\w+ ){0,2}?presencial\b",
        r"(?:100 ?%|\b(?:totalmente|completamente|exclusivamente)) presencial\b|\bpresencial en \w",
    ),
)

ITALIAN = Wording(
    stems=words("remoto|ibrid|in presenza|in sede|ufficio|settiman|smart|da casa|telelavoro"),
    common=(" di ",),
    days=days_of(
        numbers="un/uno|due|tre|quattro|cinque",
        ranges="o|a|e",
        nouns="giorn[io]|giornate?|volte",
        telling="giorn|volte",
        weekly=r"(?:alla|a|per|/|ogni|la)\s?settimana|settimanali",
        office=r"uffici?o?|in (?:sede|presenza)|studio|ibrid[oa]",
        home=r"(?:in |di )?smart[ -]?working|da remoto|remoto|da casa|telelavoro",
        rest=r"il resto|restanti|gli altri|rimanenti",
        otherwise=r"ferie|mese|anno|trasferte?|clienti?|formazione|permess[io]|turni|riposo|lavorativi",
    ),
    hybrid=pattern(
        r"\b(?:lavoro|modalità|modello|formula|posizione|ruolo|contesto)(?: di lavoro)?(?: è|"
        r":)?\s?(?:\w+ )?ibrid[oa]",
        r"^[-• ]*ibrid[oa]\s?[:–-]",
    ),
    not_remote=pattern(
        r"\b(?:non|senza|nessun\w*)\b (?:\w+ ){0,5}?(?:da remoto|smart[ -]?working|da casa|telelavoro)\b",
        r"\b(?:smart[ -]?working|telelavoro) (?:non|escluso)\b",
    ),
    not_only=pattern(r"\bnon (?:solo|soltanto|necessariamente)\b"),
    remote=pattern(
        r"(?:\b(?:completamente|totalmente|interamente|full)|100 ?%)[- ](?:in |da )?"
        r"(?:remoto|remote|smart[ -]?working|telelavoro)",
        r"\b(?:lavoro|posizione|ruolo|modalità)(?: di lavoro)?(?: è|:)?\s?(?:da )?remoto\b",
        r"\blavora\w* (?:\w+ )?da (?:qualsiasi|qualunque|ogni) (?:luogo|posto|parte|città)",
    ),
    on_site=pattern(
        r"\b(?:lavoro|posizione|ruolo|attività|modalità)(?: \w+){0,3}?[ :]+(?:in (?:presenza|sede)|on[- ]site)\b",
        r"(?:100 ?%|\b(?:esclusivamente|totalmente|completamente)) in (?:presenza|sede|ufficio)",
    ),
)

DUTCH = Wording(
    stems=words("thuis|kantoor|hybride|op locatie|op afstand|per week"),
    common=(" een ",),
    days=days_of(
        numbers="een/één|twee|drie|vier|vijf",
        ranges="tot|à|of|en",
        nouns="dagen|dag|keer",
        telling="dag|keer",
        weekly=r"(?:per|in de|/|elke|de|van de)\s?week|wekelijks",
        office=r"(?:op (?:het )?)?kantoor|op locatie|studio|hybride|samen",
        home=r"(?:vanuit )?thuis\w*|op afstand|remote",
        rest=r"de rest|overige|andere",
        otherwise=r"vakantie\w*|verlof\w*|vrij|maand|jaar|klant\w*|reis\w*|opleiding|werkdagen|uur",
    ),
    hybrid=pattern(
        r"\bhybride (?:werk\w*|functie|rol|baan|werkvorm)|\b(?:werken|werkt|werk|functie is|"
        r"rol is) (?:\w+ )?hybride"
    ),
    not_remote=pattern(
        r"\b(?:niet|geen|zonder)\b (?:\w+ ){0,4}?(?:thuis\w*|op afstand|remote)\b",
        r"\bthuiswerken (?:\w+ ){0,3}?(?:niet|onmogelijk)\b",
    ),
    not_only=pattern(r"\bniet (?:alleen|enkel|per se|verplicht)\b"),
    remote=pattern(
        r"(?:\b(?:volledig|helemaal|geheel)|100 ?%) (?:remote|thuis|op afstand|vanuit huis)",
        r"\b(?:functie|baan|rol)(?: is|:) (?:\w+ )?(?:remote|op afstand)\b",
    ),
    on_site=pattern(
        r"(?:\b(?:volledig|altijd|uitsluitend)|100 ?%) op (?:kantoor|locatie)",
        r"\b(?:functie|baan|rol|werk)(?: is|:) (?:\w+ )?op (?:kantoor|locatie)\b",
    ),
)

SCANDINAVIAN = Wording(
    stems=words("distan|kontor|veckan|ugen|uken|hemifrån|hemma|hjemme|på plats|hybrid|på stedet"),
    common=(
        " och ",
        " og ",
    ),
    days=days_of(
        numbers="en/ett/én|två/to|tre|fyra/fire|fem",
        ranges="till|til|eller|och|og",
        nouns="dagar|dag|dager|dage|gånger|ganger",
        telling="dag|gång|gang",
        weekly=r"(?:i|per|om|/)\s?(?:veckan|vecka|ugen|uge|uken|uka|uke)",
        office=r"(?:på )?(?:huvud|hoved)?kontor\w*|på plats|på stedet|studio\w*|hybrid\w*|tillsammans|sammen",
        home=r"(?:på )?distans\w*|hemifrån|hemma\w*|hjemme\w*|remote",
        rest=r"övriga?|resten|øvrige|andra|andre",
        otherwise=r"semester|ferie|ledig\w*|månad\w*|måned\w*|år\w*|kund\w*|kunde\w*|resor|reise\w*|"
        r"rejse\w*|arbetsdagar|"
        r"utbildning",
    ),
    hybrid=pattern(
        r"\b(?:arbetar|jobbar|arbejder|arbeider|jobber) (?:\w+ )?hybrid\w*",
        r"\bhybrid(?:t|a|e|arbete|arbeid|arbejde|modell?|lösning|løsning|jobb)? ?(?:arbetssätt|arbete|"
        r"arbeid|arbejde|"
        r"modell?|upplägg|tjänst|stilling|lösning|løsning)\b|\bhybrid(?:arbete|arbeid|arbejde|modell)\w*",
    ),
    not_remote=pattern(
        r"\b(?:inte|ikke|ej|ingen|inget|utan|uden|uten)\b (?:\w+ ){0,5}?(?:på distans|distans\w+|"
        r"hemifrån|hjemme\w*|"
        r"remote)\b",
    ),
    not_only=pattern(r"\b(?:inte|ikke) (?:bara|enbart|kun|bare|nödvändigtvis)\b"),
    remote=pattern(
        r"\b(?:helt|fullt(?: ut)?|100 ?%|enbart|fuldt|fullstendig) (?:\w+ )?(?:på distans|remote|"
        r"hemifrån|hjemmefra|"
        r"distans\w*)\b",
        r"\b(?:tjänsten|rollen|jobbet|stillingen)(?: är| er|:) (?:\w+ )?(?:på distans|remote|en distanstjänst)\b"
        r"|\bdistans(?:tjänst|jobb)\b",
    ),
    on_site=pattern(
        r"\b(?:arbetet|tjänsten|jobbet|rollen|stillingen|arbejdet|arbeidet) (?:\w+ ){0,4}?(?:på plats|på stedet|"
        r"på (?:vårt|vårat|vores|vårt) kontor)\b",
        r"\b(?:helt|alltid|altid) på (?:plats|kontoret)\b",
    ),
)

POLISH = Wording(
    stems=words("zdaln|hybryd|stacjonarn|biur|tygodni"),
    common=(
        " oraz ",
        " się ",
        " na ",
    ),
    days=days_of(
        numbers="jeden|dwa|trzy|cztery|pięć",
        ranges="do|lub|albo|a",
        nouns="dni|dnia|dzień|razy|x",
        telling="dni|dzień|razy",
        weekly=r"(?:w|na|/|każdego)\s?tydzie[ńn]|(?:w )?tygodni[ua]|tygodniowo",
        office=r"(?:z |w |do )?biur\w*|stacjonarn\w*|na miejscu|hybryd\w*",
        home=r"zdaln\w*|home[ -]?office|z domu|remote",
        rest=r"pozostałe|reszt[aęy]",
        otherwise=r"urlop\w*|wolne\w*|miesi\w*|rok\w*|klient\w*|delegacj\w*|szkole\w*|robocz\w*",
    ),
    hybrid=pattern(
        r"\bprac[aęy]\w* (?:w (?:trybie|modelu|systemie) )?hybrydow\w+|\b(?:tryb|model|system)\w*(?: pracy)?:? "
        r"hybrydow\w+|\bhybrydow\w+ (?:tryb|model|system)\w*|\bpracujemy hybrydowo"
    ),
    not_remote=pattern(
        r"\b(?:nie|brak|bez)\b (?:\w+ ){0,4}?zdaln\w+", r"\bzdaln\w+ (?:\w+ ){0,3}?(?:nie|niemożliw\w+)\b"
    ),
    not_only=pattern(r"\bnie tylko\b"),
    remote=pattern(
        r"(?:\b(?:w pełni|całkowicie|w całości)|100 ?%) (?:\w+ )?zdaln\w+|\bzdaln\w+ w 100 ?%|"
        r"\bzdaln\w+ \(?100 ?%",
        r"\btryb(?: pracy)?: zdaln\w+",
    ),
    on_site=pattern(
        r"\bprac[aęy] (?:w (?:trybie|modelu) )?stacjonarn\w+|\btryb(?: pracy)?: stacjonarn\w+|"
        r"(?:100 ?%|\bw pełni) stacjonarn\w+"
    ),
)

_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "１": 1, "２": 2, "３": 3, "４": 4, "５": 5,
           "两": 2, "兩": 2}  # fmt: skip
_EAST_HOME = r"リモート|在宅|テレワーク|自宅|재택|원격|远程|居家|遠端|遠距|在家"

EAST_ASIAN = Wording(
    stems=words(
        "リモート|在宅|出社|自宅|オフィス|テレワーク|ハイブリッド|远程|混合办公|居家|坐班|遠端|遠距|재택|원격|출근|"
        "하이브리드|到岗|오피스"
    ),
    common=(
        "の",
        "的",
        "을",
        "를",
    ),
    days=Days(
        nouns=("週", "周", "주"),
        count=re.compile(
            r"(?:週|每周|每週|一周|周|주)(?P<week>)(?:に|あたり|に約)?\s?(?P<low>[1-5一二三四五１-５两兩])"
            r"(?:\s?[〜～~・、\-–至到]\s?(?P<high>[1-5一二三四五１-５]))?(?:日|回|天|일|회|(?=出社|リモート|在宅))"
        ),
        numbers=_DIGITS,
        office=re.compile(r"出社|オフィス|出勤|通勤|来社|办公室|到岗|坐班|公司|辦公室|출근|사무실|오피스"),
        home=re.compile(_EAST_HOME),
        home_after=re.compile(rf"^[^、。,，;；\n]{{0,12}}?(?:{_EAST_HOME})"),
        home_before=re.compile(rf"(?:{_EAST_HOME})(?:勤務|ワーク|근무|办公)?[はもが:：(（는은\s]{{0,2}}\Z"),
        rest=re.compile(r"そのほか|その他|それ以外|残り|其余|其餘|나머지"),
        otherwise=re.compile(r"休み|休暇|週休|休日|年休|双休|休息|휴가|휴무|月に"),
    ),
    hybrid=re.compile(
        r"ハイブリッド(?:型?(?:勤務|ワーク)|型の?働き方|な?働き方|出社|制|形式|リモート)|混合办公|混合辦公"
        r"|하이브리드 ?(?:근무|워크|형태)|(?:出社|オフィス)と(?:リモート|在宅|テレワーク)"
        r"|(?:リモート|在宅|テレワーク)と(?:出社|オフィス)"
    ),
    not_remote=re.compile(
        r"(?:リモート(?:ワーク|勤務)?|在宅(?:勤務)?|テレワーク)[^、。\n]{0,6}?(?:ありません|不可|なし|できません|"
        r"行っていません|対象外|おりません)|不(?:支持|接受|提供)(?:远程|居家)|재택(?: ?근무)? ?(?:불가|없음)"
    ),
    not_only=NEVER,
    remote=re.compile(
        r"(?:フル|完全|全員|100％|100%|原則)(?:リモート|在宅|テレワーク)"
        r"|(?:全国|国内|海外|どこ)[^。\n]{0,14}リモート[^。\n]{0,6}(?:働|勤務|可)"
        r"|(?:完全|全程|纯|全|100%)远程|(?:전면|완전|100% ?|전원|풀) ?(?:재택|원격|리모트)"
    ),
    on_site=re.compile(
        r"(?:フル|原則|毎日|完全|全員)出社|出社(?:勤務|必須|前提)|线下办公|现场办公|需(?:要)?坐班|"
        r"전원 출근|매일 출근"
    ),
)

_OTHERS = (GERMAN, FRENCH, IBERIAN, ITALIAN, DUTCH, SCANDINAVIAN, POLISH, EAST_ASIAN)
_SAMPLE = 400
"""Characters of each of three samples of a text, in which the common words of its languages surely occur."""


@lru_cache(maxsize=4)  # several facts are read from the same text, one after the other
def other_languages(words: str) -> tuple[Wording, ...]:
    """The languages beside English that a text in small letters may be in: all of them where it is short."""
    if len(words) < 3 * _SAMPLE:
        return _OTHERS
    middle = len(words) // 2
    sample = words[:_SAMPLE] + words[middle : middle + _SAMPLE] + words[-_SAMPLE:]
    return tuple(wording for wording in _OTHERS if any(word in sample for word in wording.common))
