"""OpenAI's error sentences: one function per kind of error, giving the BadRequest with message, param and code.

Knows how the sentences are put; does not know which request deserves which.
"""

from collections.abc import Sequence
from typing import Literal

from fakeai.core.errors import BadRequest

UNREADABLE = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)
NO_MODEL = "you must provide a model parameter"
NO_CONTENT = "Invalid value for 'content': expected a string, got null."

_SHOWN = 200
"""Characters of a caller's own value that a message repeats."""

_JSON_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal number"),
    (str, "a string"),
    (list, "an array"),
    (type(None), "null"),
)


def missing(param: str) -> BadRequest:
    """A field that must be there is not."""
    return BadRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def invalid_type(param: str, expected: str, value: object) -> BadRequest:
    """A field is of the wrong JSON type; `expected` comes with its article. No `param`: the body itself."""
    message = f"Invalid type for '{param or 'body'}': expected {expected}, but got {json_type(value)} instead."
    return BadRequest(message, param=param or None, code="invalid_type")


def invalid_value(param: str, value: object, supported: Sequence[str]) -> BadRequest:
    """A field is not one of the words it may be."""
    message = f"Invalid value: '{shown(value)}'. Supported values are: {quoted(supported, 'and')}."
    return BadRequest(message, param=param, code="invalid_value")


def out_of_bounds(
    param: str, kind: Literal["integer", "decimal"], side: Literal["above", "below"], bound: float, value: object
) -> BadRequest:
    """A number is too large or too small."""
    extreme, sign = ("maximum", "<=") if side == "above" else ("minimum", ">=")
    return BadRequest(
        f"Invalid '{param}': {kind} {side} {extreme} value. Expected a value {sign} {number(bound)}, "
        f"but got {number(value)} instead.",
        param=param,
        code=f"{kind}_{side}_{'max' if side == 'above' else 'min'}_value",
    )


def not_above(param: str, kind: Literal["integer", "decimal"], bound: float, value: object) -> BadRequest:
    """A number has to be greater than one that it may not be."""
    return BadRequest(
        f"Invalid '{param}': {kind} below minimum value. Expected a value > {number(bound)}, but got {number(value)} instead.",
        param=param,
        code=f"{kind}_below_min_value",
    )


def array_too_long(param: str, maximum: int, length: int) -> BadRequest:
    """An array has more items than it may."""
    return BadRequest(
        f"Invalid '{param}': array too long. Expected an array with maximum length {maximum}, "
        f"but got an array with length {length} instead.",
        param=param,
        code="array_above_max_length",
    )


def empty_array(param: str) -> BadRequest:
    """An array has no items and must have some."""
    return BadRequest(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        param=param,
        code="empty_array",
    )


def string_too_long(param: str, maximum: int, length: int) -> BadRequest:
    """A string has more characters than it may."""
    return BadRequest(
        f"Invalid '{param}': string too long. Expected a string with maximum length {maximum}, "
        f"but got a string with length {length} instead.",
        param=param,
        code="string_above_max_length",
    )


def name_too_long(param: str, maximum: int, name: str) -> BadRequest:
    """A property's name has more characters than it may; `param` ends in it."""
    return BadRequest(
        f"Invalid property name in '{param.partition('.')[0]}': '{name[:3]}...{name[-3:]}' is too long. "
        f"Expected a string with maximum length {maximum}, but got a string with length {len(name)} instead.",
        param=param,
        code="property_name_above_max_length",
    )


def empty_string(param: str) -> BadRequest:
    """A string is empty and must not be."""
    return BadRequest(
        f"Invalid '{param}': empty string. Expected a string with minimum length 1, but got an empty string instead.",
        param=param,
        code="empty_string",
    )


def too_many_properties(param: str, maximum: int, count: int) -> BadRequest:
    """An object has more properties than it may."""
    return BadRequest(
        f"Invalid '{param}': too many properties. Expected an object with at most {maximum} properties, "
        f"but got an object with {count} properties instead.",
        param=param,
        code="object_above_max_properties",
    )


def pattern_mismatch(param: str, pattern: str) -> BadRequest:
    """A string does not have the form it must have."""
    return BadRequest(
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.",
        param=param,
        code="invalid_value",
    )


def only_with(param: str, switch: str) -> BadRequest:
    """A field needs another one to be true."""
    return BadRequest(f"The '{param}' parameter is only allowed when '{switch}' is enabled.", param=param)


def shown(value: object) -> str:
    """A caller's value, cut to what a message repeats."""
    return str(value)[:_SHOWN]


def number(value: object) -> str:
    """A number as JSON would write it, whole ones without a point, huge ones cut."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return shown(value)


def quoted(words: Sequence[str], conjunction: str) -> str:
    """`'a', 'b', and 'c'`."""
    return joined([f"'{word}'" for word in words], conjunction)


def joined(words: Sequence[str], conjunction: str) -> str:
    """`a, b, or c`; `a or b`."""
    if len(words) < 3:
        return f" {conjunction} ".join(words)
    return f"{', '.join(words[:-1])}, {conjunction} {words[-1]}"


def article(noun: str) -> str:
    """`noun` with its indefinite article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def json_type(value: object) -> str:
    """The JSON type of `value` with its article."""
    return next((name for kind, name in _JSON_TYPES if isinstance(value, kind)), "an object")
