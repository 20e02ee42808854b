"""Just enough C++ to find comments, code and functions in text that clang-format has formatted."""
import re

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^ ()\\\t\n]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|\d[\w\']*', re.S)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments blanked and literals emptied; lines and columns stay."""
    def replace(match):
        token = match.group(0)
        if token.startswith("/"):
            return _blank(token)
        if token[0].isdigit():
            return token
        return token[0] + _blank(token[1:-1]) + token[-1]
    return _TOKEN.sub(replace, text)


def comments(text):
    """(line number, text) of each comment."""
    for match in _TOKEN.finditer(text):
        if match.group(0).startswith("/"):
            yield text.count("\n", 0, match.start()) + 1, match.group(0)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def _matching(code, at):
    depth = 0
    for index in range(at, len(code)):
        if code[index] == "{":
            depth += 1
        elif code[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return len(code) - 1


_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b(?![^{]*\)\s*$)")
_NAME = re.compile(r"(TEST\w*\([^)]*\))|([\w:]*operator\s*[^\s(]+|~?[\w:]+)\s*\(")


def _is_function(before, after):
    """`before` is the text from the last statement to a brace, `after` follows its partner."""
    if "(" not in before or after[:1] in (",", "{", ";", "(", ")"):
        return False  # a plain scope, a member's initializer or a variable
    return not re.search(r"=\s*$|\breturn\s*$", before)


def functions(text):
    """(name, first line, last line) of each function; a lambda belongs to the one around it."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: _blank(m.group(0)), code_only(text),
                  flags=re.M)
    index = start = 0
    found = []
    while index < len(code):
        letter = code[index]
        if letter in ";}":
            start = index + 1
        elif letter == "{":
            before = re.sub(r"\b(public|private|protected)\s*:", "", code[start:index])
            end = _matching(code, index)
            if _is_function(before, code[end + 1:end + 200].lstrip()):
                first = start + len(code[start:index]) - len(code[start:index].lstrip())
                name = _NAME.search(before)
                found.append((name.group(1) or name.group(2) if name else before.strip(),
                              line_of(code, first), line_of(code, end)))
                index, start = end, end + 1
            elif _SCOPE.search(before) and "=" not in before:
                start = index + 1
            else:
                index = end  # an initializer: the statement goes on behind it
        index += 1
    return found
