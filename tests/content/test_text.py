"""What is answered: exact tokens, the prompt's subject, its language and its form."""

import json
import re

import pytest

from fakeai.content.text import answer, continuation
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Media, Message, Sampling, ToolUse

O200K = encoding("o200k_base")
CL100K = encoding("cl100k_base")
MUCH = 100_000

PROMPTS = (
    "Explain how graph databases work and when to prefer them to SQL.",
    "hi",
    "thanks a lot!",
    "who are you?",
    "What is 2+2?",
    "Say this is a test",
    "What is the capital of France?",
    "Translate 'good morning' to Japanese",
    "Name three fruits",
    "Give me 4 tips for running a marathon",
    "List the steps to bake bread",
    "Compare cats and dogs in a markdown table",
    "Write a haiku about rain",
    "Write a poem about the sea and the moon",
    "Tell me a joke",
    "Tell me a story about a dragon and its gold",
    "Generate a short title for a chat about sourdough bread",
    "Is water wet? Answer yes or no.",
    "What colour is the sky? Answer in one word.",
    "Classify as positive or negative: I love this phone",
    "Rate this essay from 1 to 10",
    'Return JSON with keys "city" and "population" for Berlin',
    "Write a python function that sorts a list of words",
    "Write a go program for user-records, code only",
    "implement a class for bank accounts in C++",
    "Write an SQL query for late invoices",
    "write a bash script that copies files",
    "Write a rust function to count words",
    "Explain black holes in three sentences",
    "Write four paragraphs about climate change",
    "Write a 700 word essay about the history of tea in China",
    "Wie funktioniert eine Wärmepumpe im Winter?",
    "Schreibe eine Liste mit Tipps für Gärtner",
    "Erstelle eine Tabelle über Äpfel und Birnen",
    "Comment fonctionne une pompe à chaleur ?",
    "Écris un poème sur la mer et le vent",
    "¿Cómo funciona la energía solar en España?",
    "Come funziona una rete neurale artificiale?",
    "Como funciona o motor elétrico?",
    "Как работает нейронная сеть?",
    "Составь таблицу про кошек и собак",
    "请解释什么是机器学习",
    "请列出学习中文的方法",
    "写一首关于月亮的诗",
    "機械学習とは何ですか?",
    "機械学習と統計の表を作って",
    "머신러닝이란 무엇인가요?",
    "머신러닝의 장점 목록을 알려줘",
    "Explain transformers in German",
    "x" * 5_000,
    "🙂 what does the 'naïve' café owner's iPhone-15 do with C3PO_names and 3.14 ½ ² x_1?",
    "ÉCOLE İstanbul ǅ ʼn ﬁne ℌello 한국 العربية हिन्दी ไทย",
    "",
    "...",
)


def _request(*texts: str, model: str = "gpt-4o", **more) -> GenerateRequest:
    messages = tuple(Message("user", text) for text in texts)
    return GenerateRequest(ModelCard(model), messages, 10, 1000, b"", Sampling(), **more)


def _say(text: str, seed: int = 1, **more) -> str:
    return "".join(answer(_request(text, **more), Chance(seed), O200K, MUCH))


@pytest.mark.parametrize("enc", [O200K, CL100K], ids=lambda enc: enc.name)
@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt[:24])
def test_pieces_are_exactly_the_tokens_of_their_text(prompt, enc):
    for seed in range(25):
        for verbosity in ("low", "medium", "high"):
            pieces = answer(_request(prompt, verbosity=verbosity), Chance(seed), enc, MUCH)
            whole = "".join(pieces)
            assert whole.strip()
            assert len(pieces) == enc.count(whole), whole


@pytest.mark.parametrize("enc", [O200K, CL100K], ids=lambda enc: enc.name)
def test_pieces_are_exact_for_any_word_as_topic(enc):
    words = [
        "AI",
        "C3PO",
        "naïve",
        "Don",
        "re",
        "ll",
        "2nd",
        "Ω",
        "ABCdef",
        "iPhone",
        "a1b2",
        "ÉTÉ",
        "ß",
        "ſ",
        "T",
        "s-t",
        "Ⅷ",
        "½",
    ]
    for number, word in enumerate(words):
        for other in words:
            for form in (
                "Tell me about {} and, {}",
                "{} {} poem",
                "list for {}, {}",
                "essay of 300 words: {} - {}",
                "table of {}, {}",
            ):
                pieces = answer(_request(form.format(word, other)), Chance(number), enc, MUCH)
                assert len(pieces) == enc.count("".join(pieces)), "".join(pieces)


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt[:24])
def test_a_limit_cuts_the_same_answer(prompt):
    whole = answer(_request(prompt), Chance(7), O200K, MUCH)
    for limit in (1, 2, 5, 17, 64, len(whole), len(whole) + 1):
        assert answer(_request(prompt), Chance(7), O200K, limit) == whole[:limit]


def test_prose_has_a_natural_length_that_follows_verbosity():
    prompt = "Explain how graph databases work"
    lengths = {
        v: [len(answer(_request(prompt, verbosity=v), Chance(s), O200K, MUCH)) for s in range(60)]
        for v in ("low", "medium", "high")
    }
    assert all(20 <= length <= 260 for found in lengths.values() for length in found)
    assert sum(lengths["low"]) < sum(lengths["medium"]) < sum(lengths["high"])


def test_the_same_chance_says_the_same_and_another_says_something_else():
    prompt = "Explain how graph databases work"
    assert _say(prompt, 3) == _say(prompt, 3)
    assert len({_say(prompt, seed) for seed in range(40)}) == 40


def test_prose_is_about_the_prompt():
    assert all("theory of relativity" in _say("Explain the theory of relativity to me", seed) for seed in range(20))


def test_a_question_without_a_subject_is_about_the_earlier_one():
    said = "".join(answer(_request("Tell me about volcanoes", "And why is that?"), Chance(2), O200K, MUCH))
    assert "volcanoes" in said


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        (
            "Wie funktioniert eine Wärmepumpe im Winter?",
            r"\b(der|die|das|und|eine?)\b.*Wärmepumpe|Wärmepumpe.*\b(der|die|das)\b",
        ),
        ("Comment fonctionne la photosynthèse ?", r"\b(le|les|une|est)\b"),
        ("¿Cómo funciona la energía solar?", r"\b(el|los|una|es)\b"),
        ("Come funziona una rete neurale?", r"\b(il|di|una|che)\b"),
        ("Como funciona o motor elétrico?", r"\b(os?|uma|de|que)\b"),
        ("Как работает нейронная сеть?", r"нейронная сеть"),
        ("请解释什么是机器学习", r"机器学习.*。"),
        ("機械学習とは何ですか?", r"機械学習.*。"),
        ("머신러닝이란 무엇인가요?", r"머신러닝.*다\."),
        ("Explain transformers in French", r"\b(le|les|une|est)\b.*transformers|transformers.*\b(le|les|une)\b"),
    ],
)
def test_the_answer_is_in_the_language_of_the_prompt(prompt, word):
    for seed in range(5):
        said = _say(prompt, seed)
        assert re.search(word, said, re.S)
        assert not re.search(r"\b(the|with|this)\b", said)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("What is 12*7?", "84"),
        ("what is 15% of 80?", "12"),
        ("What is two plus two?", "4"),
        ("Calculate (3 + 4) * 2 please", "14"),
        ("What is the capital of France?", "Paris"),
        ("How do you say thank you in German?", "danke"),
        ("who are you?", "gpt-4o"),
    ],
)
def test_small_facts_are_right(prompt, said):
    assert all(said in _say(prompt, seed) for seed in range(8))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("Say this is a test", "this is a test"),
        ('Repeat after me: "I am here"', "I am here"),
        ("Reply with only the word PONG", "PONG"),
        ("Respond with 'OK' and nothing else", "OK"),
        ("Count from 3 to 6", "3, 4, 5, 6"),
        ("What is 10 - 3? Only the number.", "7"),
        ("Classify the sentiment as positive or negative: I hate this awful phone", "Negative"),
    ],
)
def test_what_is_dictated_is_said_and_nothing_else(prompt, said):
    assert {_say(prompt, seed) for seed in range(5)} == {said}


def test_a_greeting_is_greeted_in_its_language():
    assert re.match(r"H(i|ey|ello)\b", _say("Hello!"))
    assert re.match(r"Hallo|Guten", _say("Hallo"))
    assert re.match("Здравствуйте|Привет", _say("Привет!"))


def test_a_title_is_short():
    for seed in range(10):
        said = _say("Generate a title of at most 5 words for a chat about how to bake sourdough bread", seed)
        assert len(said.split()) <= 5
        assert "Sourdough" in said


def test_json_is_json_with_the_keys_asked_for():
    for seed in range(5):
        found = json.loads(_say('Return a JSON object with keys "city" and "population" for Berlin', seed))
        assert list(found) == ["city", "population"]
        shown = json.loads(_say('Reply in JSON like {"title": "a title", "score": 0.5, "tags": ["a"]} about tea', seed))
        assert isinstance(shown["title"], str) and isinstance(shown["score"], float) and isinstance(shown["tags"], list)


@pytest.mark.parametrize(
    ("prompt", "fence"),
    [
        ("Write a function to add numbers in JavaScript", "```javascript\n"),
        ("write hello world in c++", "```cpp\n"),
        ("Show me C code for a mean", "```c\n"),
        ("Write a Go program that counts words", "```go\n"),
        ("Write some TypeScript code for chunks", "```typescript\n"),
        ("implement a stack in rust", "```rust\n"),
        ("Create a bash script for backups", "```bash\n"),
        ("Write a query that finds late invoices", "```sql\n"),
        ("Create an HTML page about tea", "```html\n"),
        ("Write a java method for a mean", "```java\n"),
    ],
)
def test_code_is_in_the_language_asked_for(prompt, fence):
    said = _say(prompt)
    assert fence in said
    assert said.count("```") == 2


def test_a_tool_result_is_quoted():
    for content, quoted in (
        ('{"temperature": 18, "sky": "cloudy"}', ("temperature: 18", "sky: cloudy")),
        ("It is 42.", ("It is 42.",)),
        ("[" * 3_000, ("[[",)),
    ):
        messages = (
            Message("user", "What is the weather in Paris?"),
            Message("assistant", tool_calls=(ToolUse("call_1", "weather", "{}"),)),
            Message("tool", content, tool_call_id="call_1"),
        )
        request = GenerateRequest(ModelCard("gpt-4o"), messages, 10, 1000, b"", Sampling())
        pieces = answer(request, Chance(1), O200K, MUCH)
        said = "".join(pieces)
        assert all(words in said for words in quoted)
        assert len(pieces) == O200K.count(said)


def test_an_image_is_described():
    picture = Media("image", None, url="https://example.com/a.png")
    request = GenerateRequest(
        ModelCard("gpt-4o"), (Message("user", "What is in this picture?", (picture,)),), 10, 1000, b"", Sampling()
    )
    said = "".join(answer(request, Chance(1), O200K, MUCH))
    assert re.search(r"image|picture|foreground|colours|edges", said)


@pytest.mark.parametrize("enc", [O200K, CL100K], ids=lambda enc: enc.name)
def test_a_continuation_goes_on_in_exact_tokens(enc):
    for prompt in (
        "Once upon a time",
        "The capital of France is",
        "A finished sentence. ",
        "",
        "def add(a, b):",
        "Es war einmal",
        "昔々",
        *PROMPTS,
    ):
        for seed in range(6):
            pieces = continuation(prompt, None, Chance(seed), enc, MUCH)
            whole = "".join(pieces)
            assert pieces and len(pieces) == enc.count(whole), (prompt, whole)
            assert continuation(prompt, None, Chance(seed), enc, 3) == pieces[:3]


def test_a_continuation_before_a_suffix_is_short():
    assert len(continuation("The best way to learn is", " and so on.", Chance(1), O200K, MUCH)) < 40


def test_a_model_id_of_any_shape_is_named_exactly():
    for model in ("org/", "mistral-7b:latest", "x.", "🙂", "a'"):
        for seed in range(6):
            pieces = answer(_request("who are you?", model=model), Chance(seed), O200K, MUCH)
            assert model in "".join(pieces)
            assert len(pieces) == O200K.count("".join(pieces))
