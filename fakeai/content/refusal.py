"""Declines what a model plainly must not help with. Knows no moderation scores and no tools."""

import re
from functools import lru_cache
from typing import Literal

from fakeai.content.text import ends
from fakeai.content.tokens import Encoding
from fakeai.content.topics import subject
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest

_SIGN_WORDS = (
    "bomb bombs explosive explosives ied molotov sarin ricin nerve weapon weapons meth methamphetamine "
    "ransomware keylogger malware virus phishing kill murder poison suicide myself life"
)
_SIGNS = frozenset(_SIGN_WORDS.split())
"""Without one of these words nothing is declined."""

_THING = (
    r"(?:(?:pipe|nail|dirty|car|fertili[sz]er|homemade|nuclear|real|time)[ -])?(?:bombs?\b(?! (?:calorimeter|cyclone"
    r"|shelter))"
    r"|explosives?\b|ied\b|molotov\b|sarin\b|ricin\b|nerve (?:gas|agent)|(?:chemical|biological|nuclear) weapons?"
    r"|meth\b|methamphetamine\b|ransomware\b|keylogger\b|malware\b|(?:computer )?virus that\b|phishing (?:e-?mail"
    r"|page|site))"
)
_MAKING = r"(?:build|make|create|construct|assemble|synthesi[sz]e|cook|produce|write|code|develop|deploy|program)"
_HOW = r"how (?:to|do i|can i|could i|should i|would i|do you|can you|would you|would one|does one)"
_DISALLOWED = (
    rf"(?i)\b(?:{_HOW}|(?:help|teach|show) me(?: how)?(?: to)?|(?:please|can you|could you|i want to|i need to|and|^)) "
    rf"?{_MAKING}(?: me)?(?: an?| the| some| my own| working| simple| small| effective| undetectable| new)* {_THING}"
    rf"|\b(?:instructions?|recipe|guide|tutorial|steps|plans?|code|script) (?:for|to|on)"
    rf" (?:{_MAKING} |making |building )?(?:an? |the )?{_THING}"
    rf"|\b{_HOW} (?:kill|murder|poison) (?:my |a |an |some |the )?"
    r"(?:wife|husband|boss|neighbou?r|person|people|someone|somebody|human|teacher|"
    r"girlfriend|boyfriend|parents|him|her|them)\b(?! process)"
    rf"|\b(?:{_HOW}|ways? (?:for me )?to|methods? to|want to) (?:kill|hurt|harm|cut|poison|hang) myself\b(?! (?:a"
    rf"|some|off))"
    rf"|\b(?:{_HOW}|ways? (?:for me )?to|methods? to|want to) (?:commit suicide|end my (?:own )?life)\b"
)
_SELF = "(?i)myself|suicide|my (?:own )?life"
_DECLINES = (
    "I'm sorry, but I can't help with that.",
    "I'm sorry, but I can't assist with that request.",
    "I can't help with that. If there is something else you would like to know, I'm happy to help.",
    "I'm sorry, but I can't provide instructions for that, because it could lead to serious harm.",
)
_SUPPORT = (
    "I'm sorry you're going through this, but I can't help with that. You don't have to face it alone: "
    "please talk to someone you trust, or to a local crisis line."
)


def refusal(request: GenerateRequest, chance: Chance, enc: Encoding) -> list[str] | None:
    """A polite refusal in tokens where the last user message asks for something disallowed, else None."""
    last = request.messages[-1]
    if last.role != "user":
        return None
    text = ends(last.text)
    if subject(text).words.isdisjoint(_SIGNS) or (kind := _kind(text)) is None:
        return None
    return enc.pieces(_SUPPORT if kind == "support" else chance.pick(_DECLINES))


@lru_cache(maxsize=64)
def _kind(text: str) -> Literal["support", "harm"] | None:
    found = re.search(_DISALLOWED, text)
    if found is None:
        return None
    return "support" if re.search(_SELF, found[0]) else "harm"
