"""The part of a passage that answers a query best: its sentences that share most words with it."""

import re

from fakeai.content.inflection import stem

_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=\w)|(?<=\b[A-Z])\.(?=,? [a-z]))+(?:[.!?]+|\n|$)")
"""Stops within `3.5` and `D.C. is` end none."""
_WORD = re.compile(r"[^\W_]{2,}")
_COMMON_WORDS = """
the a an of to in on at for and or is are was were be do does did how what when where who why which many much can could
should would will may i you we they it this that my your our from with by as if there
"""
_COMMON = frozenset(map(stem, _COMMON_WORDS.split()))
_MOST_SENTENCES = 400
_LONGEST = 400


def excerpt(text: str, query: str, sentences: int = 1) -> str:
    """Up to that many sentences of the text, in its order; its beginning where none has a word of the query."""
    wanted = {stem(word.lower()) for word in _WORD.findall(query)} - _COMMON
    found = [one.strip() for one in _SENTENCE.findall(text[:100_000])[:_MOST_SENTENCES] if one.strip()]
    scored = [(len(wanted & {stem(word.lower()) for word in _WORD.findall(one)}), -at) for at, one in enumerate(found)]
    best = sorted(scored, reverse=True)[:sentences]
    chosen = sorted(-at for score, at in best if score) or [0][: len(found)]
    return " ".join(found[at] for at in chosen)[:_LONGEST]
