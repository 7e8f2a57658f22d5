"""Words that tell which other words are names: openers of sentences, prepositions of place, days; some cities."""

from typing import Final

_PREPOSITIONS = """
in at to from near around visit visiting for into toward via between across leaving à en au aux dans pour vers nach
für bei von zu aus de del para desde hacia hasta por da em a per di в из на для od do w z till från i
"""
_DAYS = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december today tomorrow tonight yesterday
"""
_OPENERS = """
a about add all also am an and another any are as ask at be book but buy by calculate call can cancel change check
choose classify compute convert could count create define delete describe did do does draft draw each explain
extract fetch fill find first fix for from generate get give given go great hello help her here hey hi his how i i'd
i'll i'm i've identify if in is it its it's json just let let's list look make may me more multiply my name next no
not now of ok on once open or order our parse plan play please print provide put question read recommend remind
reply respond return run sales say schedule search see send set she should show sing solve some start stop subtract
suggest sum summarize summarise take talk tell text thank thanks that the their then there these they think this to
tool translate turn two update us use using was we weather were what what's whats when where which who who's whose
why will with would write yes you your quel quelle quels quelles le la les un une est wie wer wo wann ist der die
das ein eine bitte zeige qué cuál cómo dónde el los las por como dove quanto che как какая какой где что сколько
value answer output input user assistant system meet invite contact email mail message notify pay transfer track
enter type save store note keep introduce greet congratulate wish pick remove restart deploy check-in log sign
register enroll assign analyze analyse rewrite format sort filter group rank rate score review test verify validate
confirm approve reject submit deliver ship refund visit travel fly drive walk imagine suppose assume consider
today's here's there's that's compare plot design build implement evaluate estimate predict discuss outline quote
cite lookup retrieve append insert load reserve rent hire locate navigate pretend act simulate both either neither
finally lastly second third
"""

PREPOSITIONS: Final = frozenset(_PREPOSITIONS.split())
DAYS: Final = frozenset(_DAYS.split())
OPENERS: Final = frozenset(_OPENERS.split())
CONJUNCTIONS: Final = frozenset(("and", "or", "und", "et", "y", "e", "и", "och"))
ARTICLES: Final = frozenset(("der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer"))
CITIES: Final = (
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "成都",
    "香港",
    "台北",
    "東京",
    "东京",
    "大阪",
    "京都",
    "서울",
    "부산",
)
