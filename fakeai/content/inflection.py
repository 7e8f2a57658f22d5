"""English verb forms, well enough for words of a prompt: runs, run, running. Knows rules, no exceptions."""

import re

_SHORT_VERB = "[^aeiou]*[aeiou][bdglmnprt]"
"""One vowel, then one consonant that doubles before -ing."""


def stem(verb: str) -> str:
    """A verb without the -s of the third person."""
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def gerund(verb: str) -> str:
    """The -ing form of a verb: bake, baking; run, running; fly, flying."""
    if verb.endswith("ing") and len(verb) > 5:
        return verb
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + verb[-1] + "ing" if re.fullmatch(_SHORT_VERB, verb) else verb + "ing"
