#!/usr/bin/env python3
"""Translates a module of PTX into C++ that runs with threads.h: translate.py FROM.ptx TO.cpp

Registers become unsigned words of their size, instructions statements about them, labels labels. What is
not understood is named, and nothing is written: this is the part of PTX (ISA 9.0) that LLVM makes of
relabel's kernels, and what is near to it.
"""
import re
import sys

NUMBERS = {f"{kind}{8 * size}": size for kind in "busf" for size in (1, 2, 4, 8)} | {"pred": 1}
PAIRS = {"f16x2": "f16", "f32x2": "f32"}
ROUND = {"rni": "nearest", "rzi": "zero", "rmi": "down", "rpi": "up"}
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
           "lo": "<", "ls": "<=", "hi": ">", "hs": ">="}

# What two or one become: of whole numbers without a sign, of those with theirs, of fractions.
UNSIGNED = {"add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "mad": "{0} * {1} + {2}", "neg": "0 - {0}",
            "and": "{0} & {1}", "or": "{0} | {1}", "xor": "{0} ^ {1}", "not": "~{0}"}
SIGNED = {"div": "{1} == 0 ? -1 : {0} / {1}", "rem": "{1} == 0 ? {0} : {0} % {1}", "min": "{0} < {1} ? {0} : {1}",
          "max": "{0} > {1} ? {0} : {1}", "abs": "{0} < 0 ? 0 - {0} : {0}"}
FRACTIONS = {"add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "fma": "fused({0}, {1}, {2})",
             "min": "least({0}, {1})", "max": "greatest({0}, {1})", "neg": "-{0}", "abs": "std::fabs((f64){0})",
             "sqrt": "std::sqrt({0})", "rsqrt": "1 / std::sqrt((f64){0})", "rcp": "1 / {0}", "ex2": "std::exp2((f32){0})",
             "lg2": "std::log2({0})", "sin": "std::sin({0})", "cos": "std::cos({0})", "tanh": "std::tanh({0})",
             "copysign": "std::copysign({1}, {0})"}


class NotUnderstood(Exception):
    pass


def word(kind):
    """The unsigned type as long as a value of this kind."""
    return f"u{8 * NUMBERS[kind]}"


def ctype(kind):
    return word(kind) if kind == "pred" or kind[0] == "b" else kind


def is_fraction(kind):
    return kind[0] == "f"


def identifier(name):
    return "x_" + re.sub(r"\W", lambda c: f"_{ord(c[0])}_", name)


def upward(n, step):
    return -(-n // step) * step


def listed(text):
    """The parts between commas that are in no brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "{[(") - (c in "}])")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


def filled(template, values):
    """An expression of a table; the least and the greatest of three are those of two and one."""
    if len(values) == 3 and "{2}" not in template and template.split("(")[0].startswith(("least", "greatest")):
        values = [template.format(*values[:2]), values[2]]
    if len(values) != len(set(re.findall(r"\{\d\}", template))):
        raise NotUnderstood("number of operands")
    return template.format(*values)


def members(vector):
    return listed(vector.strip("{} ")) if vector.startswith("{") else [vector]


class Module:
    """Kernels, and the variables around them."""

    def __init__(self, text):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
        text = re.sub(r"\.section\s+\.\w+\s*\{.*?\n\s*\}", "", text, flags=re.S)
        text = re.sub(r"\n\s*\.(loc|file|pragma|version|target|address_size)\b[^\n;]*;?", "\n", text)
        # functions of the library of mathematics, which are inlined wherever they are used
        self.text = re.sub(r"\.(?:visible|weak|extern)?\s*\.func\b[^{;]*\{.*?\n\}", "", text, flags=re.S)
        self.shared, self.shared_size, self.shared_by_launch = {}, 0, []
        self.constants, self.code = {}, []

    def declare(self, text):
        found = re.match(r"\.shared\s+(?:\.align\s+(\d+)\s+)?\.b(\d+)\s+([\w$%.]+)(?:\[(\d*)\])?", text)
        if found:
            align, size, name, number = found.groups()
            if number == "":
                self.shared_by_launch.append(name)
                return
            self.shared[name] = upward(self.shared_size, int(align or 1))
            self.shared_size = self.shared[name] + int(size) // 8 * int(number or 1)
            return
        found = re.match(r"\.(?:global|const)\s+(?:\.align\s+\d+\s+)?\.(\w+)\s+([\w$%.]+)(?:\[(\d*)\])?(?:\s*=\s*(.*))?$",
                         text, re.S)
        if not found:
            raise NotUnderstood(text)
        kind, name, number, values = found.groups()
        values = listed((values or "").strip("{} \n"))
        self.constants[name] = identifier(name)
        length = int(number or max(1, len(values)))
        self.code.append(f"alignas(64) static {word(kind)} {identifier(name)}[{length}] = {{{', '.join(values)}}};")

    def translated(self):
        kernel = re.compile(r"(?:\.visible\s+)?\.entry\s+([\w$]+)\s*\((.*?)\)([^{]*)\{", re.S)
        kernels, at = [], 0
        while found := kernel.search(self.text, at):
            self.declare_all(self.text[at:found.start()])
            at, depth = found.end(), 1
            while depth:
                depth += (self.text[at] == "{") - (self.text[at] == "}")
                at += 1
            kernels.append((found[1], found[2], self.text[found.end():at - 1]))
        self.declare_all(self.text[at:])
        bodies = [Kernel(self, *parts).translated() for parts in kernels]
        return "\n".join(['#include "threads.h"', *self.code, *bodies, ""])

    def declare_all(self, text):
        for piece in text.split(";"):
            piece = re.sub(r"^(\.(visible|extern|weak)\s+)*", "", piece.strip())
            if piece:
                self.declare(piece)


class Kernel:
    def __init__(self, module, name, parameters, body):
        self.module, self.name, self.body = module, name, body
        self.registers, self.locals, self.targets = {}, set(), {}
        self.parameters, self.about, end = {}, [], 0
        for text in listed(parameters):
            found = re.match(r"\.param\s+(?:\.align\s+(\d+)\s+)?\.(\w+)\s*(?:\.ptr.*?\s)?\s*([\w$]+)(?:\[(\d+)\])?$", text, re.S)
            if not found:
                raise NotUnderstood(text)
            align, kind, parameter, number = found.groups()
            at = upward(end, int(align or NUMBERS[kind]))
            size = NUMBERS[kind] * int(number or 1)
            self.parameters[parameter] = at
            self.about += [at, size]
            end = at + size

    def translated(self):
        self.variables, self.code = [], []
        for statement in self.statements():
            try:
                self.translate(statement)
            except (NotUnderstood, KeyError, IndexError, ValueError, TypeError) as why:
                raise NotUnderstood(f"{self.name}: {statement} ({type(why).__name__} {why})") from why
        shared = upward(self.module.shared_size, 16) if self.module.shared_by_launch else self.module.shared_size
        about = [shared, len(self.about) // 2, *self.about]
        head = [f'extern "C" const int {self.name}_about[] = {{{", ".join(map(str, about))}}};',
                f'extern "C" void {self.name}(Thread* t, const char* params) {{']
        return "\n".join([*head, "Block* block = t->block;", *self.variables, *self.code, "}"])

    def statements(self):
        """Instructions and declarations; labels end with a colon. Scopes hide no names in what LLVM writes."""
        for text in self.body.split(";"):
            text = text.strip(" \n\t{}") if not re.match(r"[^{]*\{[^}]*\}", text, re.S) else text.strip()
            while found := re.match(r"([\w$]+):\s*(\.branchtargets\s*(.*))?", text, re.S):
                if found[2]:
                    self.targets[found[1]] = listed(found[3])
                else:
                    yield f"{found[1]}:"
                text = text[found.end():].strip(" \n\t{") if not found[2] else ""
            if text:
                yield re.sub(r"\s+", " ", text)

    # operands

    def bits(self, x, kind):
        """An operand as an unsigned word."""
        to = word(kind)
        if x in self.registers:
            return f"({to}){identifier(x)}"
        if found := re.fullmatch(r"0[fF]([0-9a-fA-F]{8})", x):
            single = f"0x{found[1]}u"
            return f"bits<u16>((f16)bits<f32>((u32){single}))" if kind == "f16" else f"({to}){single}"
        if found := re.fullmatch(r"0[dD]([0-9a-fA-F]{16})", x):
            return f"({to})0x{found[1]}ull"
        if re.fullmatch(r"-?(0[xX][0-9a-fA-F]+|\d+)U?", x):
            return f"({to}){int(x.rstrip('U'), 0) & (1 << 64) - 1}ull"
        if found := re.fullmatch(r"%(tid|ntid|ctaid|nctaid)\.([xyz])", x):
            owner = "t" if found[1] == "tid" else "block"
            return f"({to}){owner}->{found[1]}[{'xyz'.index(found[2])}]"
        if x == "%laneid":
            return f"({to})t->lane"
        if x in self.locals:
            return f"({to})(u64){identifier(x)}"
        if x in self.module.shared:
            return f"({to}){self.module.shared[x]}"
        if x in self.module.shared_by_launch:
            return f"({to}){upward(self.module.shared_size, 16)}"
        if x in self.module.constants:
            return f"({to})(u64){self.module.constants[x]}"
        raise NotUnderstood(f"operand {x}")

    def value(self, x, kind):
        """An operand as a number."""
        return f"bits<{kind}>({self.bits(x, kind)})" if is_fraction(kind) else f"({ctype(kind)})({self.bits(x, kind)})"

    def predicate(self, x):
        return f"!{identifier(x[1:])}" if x.startswith("!") else identifier(x)

    def address(self, x):
        found = re.fullmatch(r"\[\s*([^\]+]+?)\s*(?:\+\s*(-?\w+))?\s*\]", x)
        base = found[1]
        offset = int(found[2] or "0", 0)
        if base in self.parameters:
            return f"(u64)params + {self.parameters[base] + offset}"
        kind = f"b{8 * NUMBERS[self.registers[base]]}" if base in self.registers else "b64"
        return f"(u64)({self.bits(base, kind)}) + {offset}ll"

    # results

    def say(self, text):
        self.code.append(f"{self.guard}{text}")

    def put(self, to, number, kind):
        """`to` = an expression that is a number of this kind; narrower ones keep their sign."""
        if to == "_":
            return
        number = f"({ctype(kind)})({number})"
        number = f"bits<{word(kind)}>({number})" if is_fraction(kind) else number
        self.say(f"{identifier(to)} = ({word(self.registers[to])})({number});")

    def put_pair(self, to, sides, kind):
        size = 8 * NUMBERS[kind]
        low, high = (f"(u{2 * size})bits<{word(kind)}>(({kind})({side}))" for side in sides)
        self.say(f"{identifier(to)} = {low} | {high} << {size};")

    # statements

    def translate(self, text):
        self.guard = ""
        if text.endswith(":"):
            return self.say(f"{identifier(text[:-1])}:;")
        if found := re.match(r"\.reg\s+\.(\w+)\s+(.*)", text):
            return self.register(found[1], listed(found[2]))
        if found := re.match(r"\.local\s+(?:\.align\s+(\d+)\s+)?\.b8\s+([\w$]+)\[(\d+)\]", text):
            align, name, size = found.groups()
            self.locals.add(name)
            return self.variables.append(f"alignas({align or 8}) char {identifier(name)}[{size}];")
        if text.startswith(".shared"):
            return self.module.declare(text)
        if found := re.match(r"@(!?)(%[\w$]+)\s+", text):
            self.guard = f"if ({found[1]}{identifier(found[2])}) "
            text = text[found.end():]
        operation, _, rest = text.partition(" ")
        name, *marks = operation.split(".")
        kinds = [mark for mark in marks if mark in NUMBERS or mark in PAIRS]
        operands = listed(rest)
        special = getattr(self, f"do_{name}", None)
        if special:
            return special(marks, kinds, operands)
        if len(kinds) > 1:
            return self.mixed(name, kinds, operands)
        self.plain(name, marks, kinds[-1], operands)

    def mixed(self, name, kinds, operands):
        """Fractions of one kind, and a last one that is of the result's."""
        to, source = kinds
        *shorter, last = operands[1:]
        values = [f"({to}){self.value(x, source)}" for x in shorter] + [self.value(last, to)]
        self.put(operands[0], filled(FRACTIONS[name], values), to)

    def register(self, kind, names):
        for name in names:
            prefix, number = re.fullmatch(r"([%\w$]+)(?:<(\d+)>)?", name).groups()
            for each in [f"{prefix}{i}" for i in range(int(number))] if number else [prefix]:
                self.registers[each] = kind
                self.variables.append(f"{word(kind)} {identifier(each)} = 0;")

    def plain(self, name, marks, kind, operands):
        """What the tables know."""
        if kind in PAIRS:
            of = PAIRS[kind]
            size = 8 * NUMBERS[of]
            values = [self.bits(x, f"b{2 * size}") for x in operands[1:]]
            sides = [[f"bits<{of}>(({word(of)})({x} >> {at}))" for x in values] for at in (0, size)]
            return self.put_pair(operands[0], [filled(FRACTIONS[name], side) for side in sides], of)
        if is_fraction(kind):
            template = FRACTIONS[name]
            if "NaN" in marks:
                template = template.replace("least", "least_or_nan").replace("greatest", "greatest_or_nan")
        elif name in SIGNED:
            template = SIGNED[name]
        else:
            values = [self.bits(x, kind) for x in operands[1:]]
            if kind == "pred":
                values = [self.predicate(x) for x in operands[1:]]
            expression = "!{0}" if (name, kind) == ("not", "pred") else UNSIGNED[name]
            return self.put(operands[0], filled(expression, values), kind)
        self.put(operands[0], filled(template, [self.value(x, kind) for x in operands[1:]]), kind)

    def do_mov(self, marks, kinds, operands):
        kind, (to, what) = kinds[-1], operands
        if to.startswith("{"):
            part = 8 * NUMBERS[kind] // len(members(to))
            for at, each in enumerate(members(to)):
                self.put(each, f"{self.bits(what, kind)} >> {part * at}", f"b{part}")
        elif what.startswith("{"):
            part = 8 * NUMBERS[kind] // len(members(what))
            pieces = [f"({word(kind)}){self.bits(x, f'b{part}')} << {part * at}" for at, x in enumerate(members(what))]
            self.put(to, " | ".join(pieces), f"b{8 * NUMBERS[kind]}")
        else:
            self.put(to, self.bits(what, kind), f"b{8 * NUMBERS[kind]}" if kind != "pred" else kind)

    def do_selp(self, marks, kinds, operands):
        to, one, other, by = operands
        kind = f"b{8 * NUMBERS[kinds[-1]]}"
        self.put(to, f"{self.predicate(by)} ? {self.bits(one, kinds[-1])} : {self.bits(other, kinds[-1])}", kind)

    # memory

    @staticmethod
    def space(marks):
        for space in ("global", "shared", "local", "param", "const"):
            if any(mark.split("::")[0] == space for mark in marks):
                return "local" if space in ("param", "const") else space
        return "generic"

    def do_ld(self, marks, kinds, operands):
        kind, space, to = kinds[-1], self.space(marks), members(operands[0])
        size = NUMBERS[kind]
        check = f"aligned(t, at, {size * len(to)}); " if space != "local" else ""
        loads = " ".join(f"{word(kind)} v{i} = load_{space}<{word(kind)}>(t, at + {i * size});" for i in range(len(to)))
        extended = f"({ctype(kind)})" if kind[0] == "s" else ""
        puts = " ".join(f"{identifier(x)} = ({word(self.registers[x])}){extended}v{i};" for i, x in enumerate(to) if x != "_")
        self.say(f"{{ u64 at = {self.address(operands[1])}; {check}{loads} {puts} }}")

    def do_st(self, marks, kinds, operands):
        kind, space, what = kinds[-1], self.space(marks), members(operands[1])
        size = NUMBERS[kind]
        check = f"aligned(t, at, {size * len(what)}); " if space != "local" else ""
        stores = " ".join(f"store_{space}<{word(kind)}>(t, at + {i * size}, {self.bits(x, kind)});" for i, x in enumerate(what))
        self.say(f"{{ u64 at = {self.address(operands[0])}; {check}{stores} }}")

    def do_cvta(self, marks, kinds, operands):
        base = "(u64)block->shared" if "shared" in marks else "0"
        self.put(operands[0], f"{self.bits(operands[1], 'b64')} {'-' if 'to' in marks else '+'} {base}", "b64")

    # arithmetic that the tables do not know

    def do_mul(self, marks, kinds, operands):
        kind = kinds[-1]
        bits = 8 * NUMBERS.get(kind, 0)
        if "wide" in marks:
            wide = f"{kind[0]}{2 * bits}"
            x, y = (self.value(x, kind) for x in operands[1:3])
            return self.put(operands[0], f"({wide}){x} * ({wide}){y}", wide)
        if "hi" in marks:
            wide = "__int128" if kind[0] == "s" else "unsigned __int128"
            x, y = (self.value(x, kind) for x in operands[1:3])
            return self.put(operands[0], f"(({wide}){x} * ({wide}){y}) >> {bits}", kind)
        self.plain("mul", marks, kind, operands)

    def do_mad(self, marks, kinds, operands):
        kind = kinds[-1]
        if "wide" in marks:
            wide = f"{kind[0]}{16 * NUMBERS[kind]}"
            product = f"({word(wide)})(({wide}){self.value(operands[1], kind)} * ({wide}){self.value(operands[2], kind)})"
            return self.put(operands[0], f"{product} + {self.bits(operands[3], wide)}", wide)
        if "hi" in marks:
            raise NotUnderstood("the upper half")
        self.plain("mad" if not is_fraction(kind) else "fma", marks, kind, operands)

    def do_fma(self, marks, kinds, operands):
        if "rm" in marks:
            x, y, z = (self.value(x, "f32") for x in operands[1:])
            return self.put(operands[0], f"fused_down({x}, {y}, {z})", kinds[-1])
        if "rz" in marks or "rp" in marks:
            raise NotUnderstood("rounding")
        if len(kinds) > 1:
            return self.mixed("fma", kinds, operands)
        self.plain("fma", marks, kinds[-1], operands)

    def shift(self, how, beyond, kind, operands):
        by = self.bits(operands[2], "b32")
        x = self.value(operands[1], kind)
        self.put(operands[0], f"{by} >= {8 * NUMBERS[kind]} ? {beyond.format(x)} : {x} {how} {by}", kind)

    def do_shl(self, marks, kinds, operands):
        self.shift("<<", "0", "b" + kinds[-1][1:], operands)

    def do_shr(self, marks, kinds, operands):
        self.shift(">>", "({} < 0 ? -1 : 0)" if kinds[-1][0] == "s" else "0", kinds[-1], operands)

    def do_shf(self, marks, kinds, operands):
        low, high, by = (self.bits(x, "b32") for x in operands[1:])
        by = f"({by} & 31)" if "wrap" in marks else f"({by} > 32 ? 32 : {by})"
        both = f"((u64){high} << 32 | {low})"
        self.put(operands[0], f"{both} << {by} >> 32" if "l" in marks else f"{both} >> {by}", "b32")

    def do_prmt(self, marks, kinds, operands):
        self.put(operands[0], f"permuted({', '.join(self.bits(x, 'b32') for x in operands[1:])})", "b32")

    def do_bfe(self, marks, kinds, operands):
        if kinds[-1] != "u32":
            raise NotUnderstood("kind")
        what, first, number = (self.bits(x, "b32") for x in operands[1:])
        self.put(operands[0], f"(u64){what} >> ({first} & 255) & ((1ull << ({number} & 31)) - 1)", "b32")

    def do_cvt(self, marks, kinds, operands):
        to, source = kinds[:2]
        if to in PAIRS:
            high, low = (self.value(x, source) for x in operands[1:])
            return self.put_pair(operands[0], [low, high], PAIRS[to])
        x = self.value(operands[1], source)
        how = next((f"Round::{ROUND[mark]}" for mark in marks if mark in ROUND), None)
        if is_fraction(to):
            expression = f"rounded({x}, {how})" if is_fraction(source) and how else f"({to}){x}"
            if "sat" in marks:
                expression = f"least<{to}>(greatest<{to}>({expression}, 0), 1)"
        elif is_fraction(source):
            expression = f"to_int<{ctype(to)}>({x}, {how or 'Round::zero'})"
        elif "sat" in marks:
            raise NotUnderstood("saturation")
        else:
            expression = x
        self.put(operands[0], expression, to)

    # comparisons

    def compared(self, marks, kind, one, other):
        how = next(mark for mark in marks if mark in COMPARE or mark[:-1] in COMPARE or mark in ("num", "nan"))
        if how in ("lo", "ls", "hi", "hs"):
            kind = "u" + kind[1:]
        x, y = self.value(one, kind), self.value(other, kind)
        if not is_fraction(kind):
            return f"{x} {COMPARE[how]} {y}"
        unordered = f"std::isnan((f64){x}) || std::isnan((f64){y})"
        if how in ("num", "nan"):
            return f"({unordered}) == {int(how == 'nan')}"
        if how in COMPARE:
            return f"{x} {COMPARE[how]} {y} && !({unordered})"
        return f"{x} {COMPARE[how[:-1]]} {y} || {unordered}"

    def do_setp(self, marks, kinds, operands):
        result = f"({self.compared(marks, kinds[-1], *operands[1:3])})"
        if len(operands) > 3:
            how = next(mark for mark in marks if mark in ("and", "or", "xor"))
            result += f" {dict(zip(('and', 'or', 'xor'), '&|^'))[how]} ({self.predicate(operands[3])})"
        if "|" in operands[0]:
            raise NotUnderstood("two results")
        self.put(operands[0], result, "pred")

    # control

    def do_bra(self, marks, kinds, operands):
        self.say(f"goto {identifier(operands[0])};")

    def do_brx(self, marks, kinds, operands):
        cases = " ".join(f"case {i}: goto {identifier(to)};" for i, to in enumerate(self.targets[operands[1]]))
        self.say(f"switch ({self.bits(operands[0], 'b32')}) {{ {cases} }}")

    def do_ret(self, marks, kinds, operands):
        self.say("return;")

    do_exit = do_ret

    def do_bar(self, marks, kinds, operands):
        self.say("t->syncs++, pretended_warp_barrier(t);" if marks[0] == "warp" else "pretended_block_barrier(t);")

    do_barrier = do_bar

    def do_membar(self, marks, kinds, operands):
        """Threads take turns, so memory is always in order."""

    do_fence = do_membar

    # operations of a warp

    def do_shfl(self, marks, kinds, operands):
        words = {"up": "up", "down": "down", "bfly": "butterfly", "idx": "index"}
        how = next(f"Shuffle::{words[mark]}" for mark in marks if mark in words)
        to, *found = operands[0].split("|")
        found = f"&{identifier(found[0])}" if found else "nullptr"
        values = ", ".join(self.bits(x, "b32") for x in operands[1:4])
        self.put(to, f"shuffled(t, {values}, {how}, {found})", "b32")

    def do_vote(self, marks, kinds, operands):
        vote = self.predicate(operands[1])
        if "ballot" in marks:
            return self.put(operands[0], f"ballot(t, {vote})", "b32")
        self.put(operands[0], f"ballot(t, {vote}) != 0" if "any" in marks else f"ballot(t, !({vote})) == 0", "pred")

    def do_wmma(self, marks, kinds, operands):
        if "m16n16k16" not in marks:
            raise NotUnderstood("shape")
        place = f"{str('col' in marks).lower()}, {str(self.space(marks) == 'shared').lower()}"
        if marks[0] == "mma":
            if kinds != ["f32", "f32"]:
                raise NotUnderstood("kinds")
            to, *factors = ([identifier(x) for x in members(operand)] for operand in operands)
            arrays = ", ".join(f"{name}[8] = {{{', '.join(of)}}}" for name, of in zip("abc", factors))
            text = f"u32 r[8], {arrays}; multiply_squares(t, r, a, b, c);"
        elif marks[0] == "load":
            to = [identifier(x) for x in members(operands[0])]
            what = "singles" if kinds[-1] == "f32" else "halves"
            text = f"u32 r[8]; load_{what}(t, r, {self.address(operands[1])}, {self.bits(operands[2], 'b32')}, {place});"
        else:
            if kinds[-1] != "f32":
                raise NotUnderstood("kind")
            to, what = [], ", ".join(identifier(x) for x in members(operands[1]))
            text = (f"u32 r[8] = {{{what}}}; "
                    f"store_singles(t, r, {self.address(operands[0])}, {self.bits(operands[2], 'b32')}, {place});")
        self.say(f"{{ {text} {' '.join(f'{x} = r[{i}];' for i, x in enumerate(to))} }}")


def main():
    with open(sys.argv[1]) as file:
        text = file.read().rstrip("\0")
    try:
        code = Module(text).translated()
    except NotUnderstood as why:
        sys.exit(f"not understood: {why}")
    with open(sys.argv[2], "w") as file:
        file.write(code)


main()
