"""Tables of field names: which words name which kind of value, pools of values, usual ranges of numbers."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

_CITIES = ("Paris", "London", "Berlin", "Tokyo", "New York", "Madrid", "Toronto", "Sydney", "Lisbon", "Oslo", "Vienna")
FIRST_NAMES = (
    "Emma",
    "Liam",
    "Olivia",
    "Noah",
    "Ava",
    "Mia",
    "Lucas",
    "Sofia",
    "Elena",
    "Daniel",
    "Hana",
    "Omar",
    "Priya",
)
LAST_NAMES = (
    "Miller",
    "Garcia",
    "Chen",
    "Novak",
    "Okafor",
    "Silva",
    "Tanaka",
    "Weber",
    "Rossi",
    "Larsen",
    "Patel",
    "Dubois",
)
SENTENCES = (
    "The main point follows directly from the information given.",
    "Each part was considered in turn, and the results agree with one another.",
    "This is the simplest option that meets every requirement.",
    "The details matter here, so the important ones come first.",
    "A short check at the end confirms that nothing was left out.",
    "It keeps the process clear and easy to repeat.",
)
_STEPS = (
    "Start with what is known and write it down.",
    "Move everything else to the other side and simplify.",
    "Divide both sides so that the unknown stands alone.",
    "Substitute the result back to check it.",
    "Gather the required information.",
    "Compare the options and choose the best one.",
)
WORDS = ("overview", "baseline", "summary", "draft", "sample", "primary", "standard", "example", "general", "update")

POOLS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "city": _CITIES,
        "location": (
            "San Francisco, CA",
            "Paris, France",
            "London, UK",
            "Tokyo, Japan",
            "Boston, MA",
            "Berlin, Germany",
        ),
        "country": ("France", "Japan", "Canada", "Germany", "Brazil", "Kenya", "Spain", "India", "Norway"),
        "state": ("California", "Texas", "Bavaria", "Ontario", "New York", "Queensland"),
        "first": FIRST_NAMES,
        "last": LAST_NAMES,
        "company": ("Acme Corporation", "Northwind Traders", "Globex", "Initech", "Contoso", "Blue River Labs"),
        "sentence": SENTENCES,
        "step": _STEPS,
        "answer": ("The result is consistent with the given information.", "Yes, all of the conditions are met."),
        "title": ("A Practical Guide", "First Steps", "The Quiet Morning", "Weekly Review", "Notes from the Field"),
        "event": ("Science Fair", "Team Meeting", "Product Launch", "Design Review", "Spring Concert"),
        "color": ("blue", "green", "red", "orange", "purple", "black", "white", "yellow"),
        "currency": ("USD", "EUR", "GBP", "JPY", "CHF"),
        "language": ("English", "French", "German", "Spanish", "Japanese"),
        "category": ("general", "technology", "travel", "health", "finance", "education"),
        "status": ("active", "pending", "completed"),
        "tag": ("guide", "example", "overview", "basics", "reference", "tips"),
        "product": ("Wireless Mouse", "Desk Lamp", "Notebook", "Coffee Maker", "Backpack", "Headphones"),
        "ingredient": ("flour", "olive oil", "tomatoes", "garlic", "basil", "onion", "butter", "eggs"),
        "unit": ("celsius", "kilometers", "kilograms", "pieces"),
        "path": ("README.md", "src/main.py", "docs/notes.txt", "data/report.csv"),
        "expression": ("2 + 2", "3 * 4", "(5 + 7) / 2"),
        "code": ("print('Hello, world!')", "result = sum(values)", "return x + 1"),
        "sql": ("SELECT * FROM orders LIMIT 10", "SELECT name FROM users ORDER BY name"),
        "role": ("Software Engineer", "Product Manager", "Data Analyst", "Nurse", "Teacher"),
        "department": ("Engineering", "Marketing", "Finance", "Operations"),
        "gender": ("female", "male"),
        "sentiment": ("positive", "neutral", "negative"),
        "weather": ("sunny", "partly cloudy", "light rain", "overcast", "clear"),
        "genre": ("fiction", "science", "history", "mystery"),
        "animal": ("cat", "dog", "owl", "fox"),
        "host": ("example.com", "api.example.org", "www.example.net"),
        "version": ("1.0.0", "2.3.1", "0.9.4"),
        "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
        "word": WORDS,
        "key": ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"),
    }
)

FIELD_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "city": "city town destination origin",
        "location": "location place region area venue locale",
        "country": "country nation nationality",
        "state": "state province",
        "name": "person author user customer owner contact participant attendee member recipient sender patient"
        " employee friend guest student teacher assignee fullname people speaker",
        "anyname": "name entity names",
        "first": "firstname forename given",
        "last": "lastname surname family",
        "email": "email mail",
        "receiver": "to from cc bcc",
        "phone": "phone telephone mobile fax",
        "url": "url link website uri homepage href image avatar",
        "username": "username login handle nickname",
        "company": "company organization organisation employer brand vendor supplier publisher school team",
        "sentence": "description summary explanation reason reasoning rationale note notes comment detail"
        " abstract bio review justification analysis feedback thought thoughts thinking overview context evidence body",
        "step": "step instruction action task todo",
        "answer": "answer result output conclusion response reply outcome solution verdict",
        "text": "text content message query question search prompt input request term keyword q phrase",
        "title": "title heading headline subject topic label caption book movie song chapter",
        "event": "event meeting occasion activity",
        "color": "color colour",
        "currency": "currency",
        "language": "language lang",
        "category": "category type kind class group",
        "status": "status phase",
        "tag": "tag hashtag keywords",
        "product": "product item article goods sku_name",
        "ingredient": "ingredient",
        "unit": "unit units",
        "path": "path file filename filepath directory folder",
        "expression": "expression equation formula math calculation",
        "code": "code script snippet program",
        "sql": "sql",
        "role": "role job occupation position profession",
        "department": "department division",
        "gender": "gender sex",
        "sentiment": "sentiment mood emotion tone",
        "weather": "weather condition conditions forecast",
        "genre": "genre",
        "animal": "animal pet species",
        "host": "host hostname domain server",
        "version": "version release",
        "day": "weekday",
        "date": "date birthday dob deadline due day birthdate start end departure arrival checkin checkout",
        "time": "time hour",
        "moment": "datetime timestamp created updated at",
        "id": "id uuid identifier key token ref reference number sku isbn code_id",
        "address": "address street",
        "zip": "zip postal postcode zipcode",
    }
)


class Span(NamedTuple):
    """A usual range of a number, both ends included, and its decimals."""

    low: float
    high: float
    decimals: int = 0


SPANS: Final[Mapping[str, Span]] = MappingProxyType(
    {
        word: span
        for words, span in (
            ("age", Span(18, 75)),
            ("year", Span(1990, 2025)),
            ("month", Span(1, 12)),
            ("day days", Span(1, 28)),
            ("hour hours", Span(0, 23)),
            ("minute minutes second seconds duration", Span(5, 55)),
            ("price cost amount total balance salary fee budget revenue", Span(5, 500, 2)),
            ("temperature temp high low", Span(-5, 35, 1)),
            ("humidity percentage percent progress", Span(20, 90)),
            ("rating stars", Span(1, 5, 1)),
            ("confidence probability score likelihood relevance ratio weight similarity", Span(0.5, 1, 2)),
            ("latitude lat", Span(-60, 70, 4)),
            ("longitude lon lng", Span(-180, 180, 4)),
            ("count quantity qty number size servings guests people copies items", Span(1, 10)),
            ("limit", Span(5, 20)),
            ("page offset index rank level priority step", Span(1, 5)),
            ("id", Span(1000, 9999)),
            ("height width length distance", Span(10, 200, 1)),
            ("population", Span(50_000, 9_000_000)),
            ("port", Span(1024, 9999)),
        )
        for word in words.split()
    }
)
DEFAULT_SPAN: Final = Span(1, 100, 2)
