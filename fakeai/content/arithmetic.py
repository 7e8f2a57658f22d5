"""Simple sums found in a prompt, worked out exactly. Knows numbers and operators, no words around them."""

import re
from fractions import Fraction

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[-+*/^%()]")
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "x": "*", "X": "*"})
_LONGEST = 120
_MOST_DIGITS = 18
_MOST_DEPTH = 16
_MOST_BITS = 512


def evaluate(expression: str) -> str | None:
    """The value of `expression` in decimal, at most ten places; None where it is no sum or has no value."""
    plain = expression.translate(_SIGNS).replace("**", "^").replace(" ", "").replace(",", "")
    tokens = _TOKEN.findall(plain)
    if len(plain) > _LONGEST or "".join(tokens) != plain or any(len(token) > _MOST_DIGITS for token in tokens):
        return None
    try:
        return _decimal(_Sum(tokens).value())
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _decimal(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


class _Sum:
    """Reads tokens from left to right by recursive descent; ValueError where they make no sum."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]
        self.at = 0
        self.depth = 0

    def value(self) -> Fraction:
        value = self._terms()
        if self.tokens[self.at]:
            raise ValueError("something is left over")
        return value

    def _next(self) -> str:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def _terms(self) -> Fraction:
        value = self._factors()
        while self.tokens[self.at] in ("+", "-"):
            value = value + self._factors() if self._next() == "+" else value - self._factors()
        return value

    def _factors(self) -> Fraction:
        value = self._signed()
        while self.tokens[self.at] in ("*", "/", "%"):
            sign = self._next()
            right = self._signed()
            value = value * right if sign == "*" else value / right if sign == "/" else value % right
        return value

    def _signed(self) -> Fraction:
        sign = 1
        while self.tokens[self.at] == "-":
            self.at += 1
            sign = -sign
        return sign * self._power()

    def _power(self) -> Fraction:
        base = self._atom()
        if self.tokens[self.at] != "^":
            return base
        self.at += 1
        exponent = self._atom()
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator != 1 or abs(exponent) * size > _MOST_BITS:
            raise ValueError("the power is too large")
        return base**exponent.numerator

    def _atom(self) -> Fraction:
        token = self._next()
        if token == "(":
            self.depth += 1
            if self.depth > _MOST_DEPTH:
                raise ValueError("too deep")
            value = self._terms()
            if self._next() != ")":
                raise ValueError("a bracket is missing")
            self.depth -= 1
            return value
        if not token[:1].isdigit():
            raise ValueError("a number is missing")
        return Fraction(token)
