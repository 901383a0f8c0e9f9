"""What benchmarks have printed, what it is called, and what was aimed at.

All three are lines of fields apart by tabs; what begins with # is a remark.
"""

import os
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))

Row = namedtuple('Row', 'group name who parameter unit count p50 p99 min')
Name = namedtuple('Name', 'group name parameter title field',
                  defaults=['p50'])
Target = namedtuple(
    'Target', 'group name parameter unit field relation factor yardstick title')


class Malformed(Exception):
    """A line that is not what it should be."""


def lines(path, *fields):
    """Fields of all lines but remarks, of so many each, and the remarks."""
    found, remarks = [], []
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip('\n')
            if line.startswith('#'):
                remarks.append(line[1:].strip())
            elif line:
                parts = line.split('\t')
                if len(parts) not in fields:
                    raise Malformed(f'{path}:{number}: {len(parts)} fields, '
                                    f'not {fields[0]}')
                found.append(parts)
    return found, remarks


def read_results(path):
    found, remarks = lines(path, len(Row._fields))
    try:
        rows = [Row(g, n, w, int(p), u, int(c), float(a), float(b), float(m))
                for g, n, w, p, u, c, a, b, m in found]
    except ValueError as error:
        raise Malformed(f'{path}: {error}') from error
    return rows, remarks


def read_names(path=os.path.join(HERE, 'names.tsv')):
    return {(n.group, n.name): n
            for n in (Name(*parts) for parts in lines(path, 4, 5)[0])}


def read_targets(path=os.path.join(HERE, 'targets.tsv')):
    return [Target(g, n, int(p), u, f, r, float(x), y, t)
            for g, n, p, u, f, r, x, y, t in lines(path, 9)[0]]


def name_of(names, group, name):
    """What something is called, also if nobody has said so."""
    return names.get((group, name)) or Name(group, name, 'parameter', name)


def tables(rows):
    """Rows of one table or picture, by (group, name, unit), as they came."""
    found = {}
    for row in rows:
        if is_ratio(row):
            continue
        found.setdefault((row.group, row.name, row.unit), []).append(row)
    return found


def who_of(rows):
    """Each who, as it came; vmd and its variants are first."""
    found = list(dict.fromkeys(row.who for row in rows))
    return sorted(found, key=lambda who: not is_ours(who))


def is_ours(who):
    return who == 'vmd' or who.startswith('vmd-')


def is_ratio(row):
    """How ours compares with a yardstick's, round by round."""
    return row.unit == 'ratio' and '/' in row.who


def ratio(rows, ours, theirs, field='p50'):
    """How many times as much: of medians round by round, if they are known."""
    if field == 'p50':
        for row in rows:
            if is_ratio(row) and row.who == f'{ours.who}/{theirs.who}' \
                    and row[:2] == theirs[:2] == ours[:2] \
                    and row.parameter == ours.parameter == theirs.parameter:
                return row.p50
    return getattr(ours, field) / getattr(theirs, field)


def three(number):
    """Three digits that mean something."""
    if number >= 100 or number == 0:
        return f'{number:.0f}'
    return f'{number:.2f}' if number < 10 else f'{number:.1f}'


def times(factor):
    """How many times as much; of what is far less, which part."""
    if 0 < factor < 0.0995:
        return f'1/{float(f"{1 / factor:.3g}"):,.0f}'
    return three(factor)


def scaled(number, steps):
    """A number with the greatest unit that it has one of."""
    for factor, unit in steps:
        if number >= factor * 0.9995:
            return f'{three(number / factor)} {unit}'
    return f'{number:.3g} {steps[-1][1]}'


TIME = [(1e9, 's'), (1e6, 'ms'), (1e3, 'µs'), (1, 'ns')]
RATE = [(1e9, 'G'), (1e6, 'M'), (1e3, 'k'), (1, '')]
SIZE = [(2 ** 40, 'TiB'), (2 ** 30, 'GiB'), (2 ** 20, 'MiB'), (2 ** 10, 'KiB'),
        (1, 'B')]


def size(number):
    for factor, unit in SIZE:
        if number >= factor:
            whole = number / factor
            return f'{whole:.0f} {unit}' if whole == int(whole) \
                else f'{three(whole)} {unit}'
    return '0'


def value(number, unit):
    """A measurement, for people."""
    if unit == 'ns':
        return scaled(number, TIME)
    if unit == 'bytes':
        return size(number)
    if unit.endswith('/s'):
        return scaled(number, RATE) + unit[-2:]
    if unit == 'ratio':
        return three(number)
    return f'{three(number)} {unit}'


def parameter(number, kind):
    """What a measurement is of, for people."""
    if kind == 'bytes':
        return size(number)
    return f'{number:,}'
