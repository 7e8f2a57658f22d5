"""The words and patterns by which prompts ask for things, in several languages.

Patterns are kept as text: `re` compiles each on first use and remembers it, which keeps the start short. They are for
texts in lower case, which are searched in half the time, but for those that quote the prompt: these begin with a flag.
"""

from types import MappingProxyType
from typing import Literal, TypeAlias

Words: TypeAlias = frozenset[str]


def word_set(words: str) -> Words:
    """The words of a text, set apart by blanks."""
    return frozenset(words.split())


NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
NUMBERS = {word: number for number, word in enumerate(NUMBER_WORDS.split())} | {
    "couple": 2,
    "dozen": 12,
    "fifteen": 15,
    "twenty": 20,
}
NUMBER_NAMES = frozenset(NUMBERS)
NUMBER = r"(\d{1,3}(?:,\d{3})|\d{1,6}|" + "|".join(NUMBERS) + ")"

BARE = r"\b(?:only|just|single|one word|nothing else|no (?:other|explanation)|without (?:any )?explanation)\b"

HELLO = word_set(
    "hello hi hey hiya howdy greetings yo morning evening afternoon hallo moin servus guten bonjour salut bonsoir "
    "coucou hola buenos buenas "
    "ciao salve buongiorno buonasera olá oi привет здравствуйте здравствуй "
    "你好 您好 こんにちは おはよう おはようございます こんばんは 안녕 안녕하세요"
)
THANKS = word_set(
    "thanks thank thx ty danke dank merci gracias grazie obrigado obrigada спасибо "
    "谢谢 多谢 ありがとう ありがとうございます 감사합니다 고마워 고마워요"
)
SMALL_TALK = word_set(
    "there good day how are you doing going is it today everyone all friend assistant world everything well fine so "
    "much very a lot great "
    "perfect that helpful ok okay for the help your my this was nice to meet tag morgen abend wie geht es dir ihnen "
    "vielen schön sehr comment "
    "ça va allez-vous vous beaucoup cómo estás qué tal días tardes noches muchas mil come stai va tutto bene mille "
    "molte bom boa dia tarde "
    "noite tudo bem como você está muito как дела добрый день большое ! . ? , 。 ! ? , ) : ' s"
)
IDENTITY = (
    r"\bwho (?:are|made|created|built|trained) you\b|\bwhat(?:'s|’s| is) your name\b|\bwho am i (?:talking"
    r"|speaking) to\b"
    r"|\b(?:what|which) (?:\w+ )?model (?:are you|is this|am i)\b|\bare you (?:chatgpt|gpt[-\w.]*|an ai|a bot|a robot"
    r"|human|a human|real)\b"
)
VERDICT = r"\b(?:(yes) or no|(yes)/no|(true) or false|(true)/false)\b"
SAY = (
    r"(?is)\s*(?:please |now |just |only |simply |can you |could you )*(?:say|repeat|echo)(?: after me| back| exactly"
    r"| verbatim| only| just| the words?"
    r"| the phrase| the sentence| the following(?: \w+)?| this(?=:)| to me)*(?:\s*:\s*|\s+)(\S.{0,1000})"
)
REPLY = (
    r"(?i:\b(?:reply|respond|answer)(?: to (?:this|me))?(?: with)?(?: only| just| exactly| simply| the| an?| single| "
    r"one| words?| phrase| text| following)*"
    r"(?:\s*:\s*|\s+))(?:[\"'“‘`]([^\"'”’`\n]{1,200})[\"'”’`]|([A-Z]{2,12}|[Pp]ong|ok|okay|hello)(?=[.!]?\s*$"
    r"|[.,]? and nothing| only\b))"
)
QUOTED = r"(?s)[\"“‘'`«](.+?)[\"”’'`»](?=[\s.!,?]|$)"
NOT_SAID = r"(?i)(?:something|anything|a few|some|what|why|how|whether|if|that|your|more|it|yes or no)\b"
SUM_HEAD = (
    r"(?:what(?:'s|’s| is)|calculate|compute|evaluate|solve|how much is|was ist|wie viel ist|combien font|cuánto "
    r"es|quanto fa|quanto é|сколько будет)"
    r"(?: the (?:result|value|sum|product) of)?[\s:]+"
)
SIGN = r"[-+*/×·÷−^%x](?<![^\W\d]x)"
"""What a sum has between its numbers, where no words stand for it."""
SUM = r"[(-]*\d[\d\s.,]*(?:\s*(?:\*\*|[-+*/x×·÷−^%])[\s(-]*\d[\d\s.,)]*)+"
WORD_SIGNS = (
    (" divided by ", "/"),
    (" multiplied by ", "*"),
    (" times ", "*"),
    (" plus ", "+"),
    (" minus ", "-"),
    (" to the power of ", "^"),
)
PERCENT = r"(\d{1,9}(?:\.\d{1,6})?)\s*(?:%|percent) of (\d{1,12}(?:\.\d{1,6})?)"
COUNT = rf"\bcount (?:from {NUMBER} )?(?:up )?to {NUMBER}\b"
RATING = r"\b(?:rate|rating|scores?|grade)\b[^\n]{0,160}?\b(\d{1,3})(?:\.0)?\s*(?:to|-|–|and|through)\s*(\d{1,4})\b"
ONE_WORD = (
    r"\b(?:in|with|using) (?:just |only |exactly )?(?:a single|one|1) word\b|\b(?:one|single)[- ]word (?:answer"
    r"|reply|response)"
)
TITLE = (
    r"\b(?:generate|create|write|suggest|give|provide|come up with|propose|make|need|return|output|reply "
    r"with)\b[^\n]{0,60}"
    r"\b(?:title|headline|subject line)\b|^\s*(?:a |short )*title\b[^\n]{0,20}:|\btitle\s*:\s*$|\b(?:titel|titre"
    r"|título|titolo|заголовок)\b|标题|タイトル|제목"
)
JSON = (
    r"\b(?:respond|reply|answer|return|output|formatted|format|produce|give|provide)\b[^\n]{0,60}\bjson\b|\bjson "
    r"(?:object|format|only)\b"
)
CAPITAL = r"\bcapital (?:city )?of (?:the )?([^\W\d_]{3,20}(?: [^\W\d_]{3,20}){0,2})"
LANGUAGE_NAMES = "french|german|spanish|italian|portuguese|russian|chinese|japanese|korean|english"
TRANSLATION = (
    rf"(?i)\btranslate\b[^\n:]{{0,60}}\b(?:in|into|to) ({LANGUAGE_NAMES})\s*:\s*[\"'“«]?([^\"'”»\n]{{1,60}})"
    rf"|\b(?:translate|say|is|write)\b(?: the (?:phrase"
    rf"|words?|sentence))?\s*[\"'“«]?([^\"'”»\n:]{{1,60}}?)[\"'”»]?\s+(?:in|into|to) ({LANGUAGE_NAMES})\b"
)
_TONGUE_WORDS = (
    "english en german de french fr spanish es italian it portuguese pt russian ru chinese zh mandarin zh japanese ja korean ko "
    "deutsch de français fr español es italiano it português pt englisch en anglais en inglés en"
)
TONGUES = MappingProxyType(dict(zip(_TONGUE_WORDS.split()[::2], _TONGUE_WORDS.split()[1::2], strict=True)))
"""Names of languages, each in its own language and in English, and their codes."""
NAMES = rf"\b(?:list|name|give me|tell me|write(?: down)?) (?:the )?(?:any )?{NUMBER} (?:\w+ ){{0,2}}?(\w{{3,12}})"
ITEM_NAMES = (
    "ideas|tips|reasons|ways|steps|examples|things|facts|points|bullets|items|benefits|advantages|questions|names"
    "|suggestions|features|differences|tipps|gründe|ideen|punkte|conseils|raisons|idées|points|consejos|razones|puntos"
    "|consigli|ragioni|punti|dicas|razões|pontos|советов|причин|идей"
)
ITEMS = rf"\b{NUMBER} (?:\w+[ -]){{0,3}}?(?:{ITEM_NAMES})\b"
TABLE = (
    r"\b(?:markdown|comparison|in an?|as an?|into an?|of a|make a|create a|draw a|give me a|show a|using a) "
    r"(?:\w+ )?table\b|\btable (?:of|comparing|with|showing|format)\b"
    r"|\btabelle\b|\btableau\b|\btabla\b|\btabella\b|\btabela\b|таблиц|表格|表で|표로|표를"
)
UNIT_NAMES = "words?|tokens|wörter|worte|mots|palabras|parole|palavras|слов|pages?|paragraphs?|sentences?"
LENGTH = rf"\b{NUMBER}[ -]?(?:or more |long )?({UNIT_NAMES})\b"
BRIEF = (
    r"\b(?:briefly|in brief|in short|short answer|(?:one|a single|a|1)[- ](?:short )?(?:sentence|line)|be "
    r"(?:brief|concise|short)|concisely|tl;?dr|kurz|brièvement|brevemente)\b"
)
LONG = (
    r"\b(?:write|create|generate|draft|compose|produce|give|need|want)\b[^.?!\n]{0,60}\b(?:essay|article|blog "
    r"post|report|chapter|white ?paper|long)\b"
    r"|\b(?:essay|detailed|in (?:great |more )?detail|in-depth|in depth|comprehensive|thorough|lengthy|extensive"
    r"|aufsatz|ausführlich\w*|détaillée?|ensayo|detallad[oa]|saggio|dettagliat[oa]|ensaio|detalhad[oa]|эссе"
    r"|подробно)\b|文章|详细|作文|詳しく|자세히"
)
LONG_WORDS = word_set("essay detailed in-depth comprehensive thorough lengthy extensive")
"""Words that are enough for `LONG`."""


Verse: TypeAlias = Literal["haiku", "poem", "joke", "story"]
VERSES: tuple[tuple[Verse, Words, tuple[str, ...]], ...] = (
    ("haiku", word_set("haiku haikus"), ("俳句",)),
    (
        "poem",
        word_set("poem poems poetry verse verses song lyrics limerick sonnet ballad gedicht poème poema poesia"),
        ("诗", "詩", "стих", "시를"),
    ),
    ("joke", word_set("joke jokes pun puns witz blague chiste barzelletta piada"), ("笑话", "анекдот", "шутк")),
    (
        "story",
        word_set("story tale fable fairytale fairy-tale geschichte"),
        ("故事", "物語", "이야기", "сказк", "рассказ "),
    ),
)
LIST_SIGNS = ("列出", "清单", "リスト", "箇条書き", "목록", "списк")
ITEM_WORDS = word_set(
    "items ideas tips reasons ways steps examples things facts points benefits advantages questions names suggestions "
    "features differences tipps gründe "
    "ideen conseils raisons idées consejos razones puntos consigli ragioni punti dicas razões pontos"
)
BULLETS = word_set(
    "list bullet bullets bulleted bullet-point bullet-points numbered checklist enumerate top steps step-by-step tips "
    "liste aufzählung "
    "lista elenco punkte schritte étapes pasos passi passos список"
)
LIST = BULLETS | ITEM_WORDS
SUMMARY = word_set(
    "summarize summarise summary tldr tl fasse zusammen zusammenfassung résume résumé resume resumen riassumi "
    "riassunto resuma resumo кратко"
)
JSON_WORDS = word_set("json")
CODE_WORDS = word_set(
    "code function script program snippet algorithm class method regex regexp query app api endpoint component "
    "implement refactor debug python "
    "javascript typescript js ts node react rust golang go java c cpp bash shell sql html css yaml kotlin hello ` "
    "funktion fonction función "
    "funzione função программу функцию код código codice"
)
SAY_WORDS = word_set("say repeat echo reply respond answer")
LENGTH_WORDS = word_set(
    "words word tokens wörter worte mots palabras parole palavras слов page pages paragraph paragraphs sentence "
    "sentences briefly brief short "
    "concise concisely line tl tldr kurz brièvement brevemente essay detailed detail in-depth depth comprehensive "
    "thorough article blog report "
    "long lengthy extensive chapter whitepaper paper aufsatz ausführlich détaillé détaillée ensayo detallado "
    "detallada saggio dettagliato "
    "dettagliata ensaio detalhado detalhada эссе подробно"
)
SIGN_WORDS = word_set("plus minus times multiplied divided")
TITLE_WORDS = word_set("title headline subject titel titre título titolo заголовок")
