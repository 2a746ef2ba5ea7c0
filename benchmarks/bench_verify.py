"""Measures how many statements a second `judge` describes and plans: python benchmarks/bench_verify.py [SERVER]..."""

from __future__ import annotations

import sys
import time

from sqlport.engines.postgres import throwaway
from sqlport.verify import Question, judge, prepare_schema

SCHEMA = (
    "CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email text UNIQUE, created text, score float8)",
    "CREATE TABLE products (id bigint PRIMARY KEY, sku text UNIQUE, title text, price float8, stock bigint)",
    "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), "
    "placed text, total float8)",
    "CREATE TABLE lines (order_id bigint REFERENCES orders (id), product_id bigint REFERENCES products (id), "
    "quantity bigint, price float8, PRIMARY KEY (order_id, product_id))",
    "CREATE TABLE tags (id bigint PRIMARY KEY, label text UNIQUE)",
    "CREATE TABLE product_tags (product_id bigint, tag_id bigint, PRIMARY KEY (product_id, tag_id))",
    "CREATE TABLE events (id bigint PRIMARY KEY, kind text, at text, payload text)",
    "CREATE INDEX orders_customer ON orders (customer_id)",
    "CREATE INDEX events_kind ON events (kind, at)",
)

#: Each is made distinct by a comment-free constant, as the statements of a code base are.
SHAPES: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("SELECT id, name, {n} AS n FROM customers WHERE id = $1", ("int",)),
    ("SELECT * FROM products WHERE sku = $1 AND price > {n} ORDER BY title LIMIT 20", ("str",)),
    ("INSERT INTO events (id, kind, at, payload) VALUES ({n}, $1, $2, $3)", ("str", "str", None)),
    ("UPDATE products SET stock = stock - $1 WHERE id = {n} AND stock >= $1", ("int",)),
    ("DELETE FROM product_tags WHERE product_id = $1 AND tag_id = {n}", ("int",)),
    (
        "SELECT c.name, count(*), sum(l.quantity * l.price) FROM customers c JOIN orders o ON o.customer_id = c.id "
        "JOIN lines l ON l.order_id = o.id WHERE c.score > {n} GROUP BY c.name HAVING count(*) > $1 ORDER BY 3 DESC",
        ("int",),
    ),
    ("INSERT INTO tags (id, label) VALUES ({n}, $1) ON CONFLICT (label) DO UPDATE SET id = excluded.id", ("str",)),
    (
        "SELECT p.title FROM products p WHERE p.id > {n} AND EXISTS "
        "(SELECT 1 FROM product_tags t WHERE t.product_id = p.id AND t.tag_id = $1)",
        ("int",),
    ),
    ("SELECT kind, count(*) FROM events WHERE at >= $1 AND id <> {n} GROUP BY kind", ("str",)),
    ("SELECT id FROM orders WHERE total BETWEEN $1 AND {n}", ("float",)),
)


def main(specs: list[str], count: int = 5000, rounds: int = 3) -> int:
    """Print the rate of each server, the best and the middle of a few rounds; 1 when a statement is refused."""
    questions = [
        Question(shape.format(n=number), types)
        for number in range(count)
        for shape, types in (SHAPES[number % len(SHAPES)],)
    ]
    wrong = 0
    for spec in specs:
        with throwaway(spec) as server:
            schema = prepare_schema(server, SCHEMA)
            rates = []
            for _ in range(rounds):
                begun = time.perf_counter()
                verdicts = judge(server, schema, questions)
                rates.append(count / (time.perf_counter() - begun))
                wrong += sum(verdict.kind != "verified" for verdict in verdicts)
            rates.sort()
            print(
                f"{server.info}: {count} distinct statements, {rates[len(rates) // 2]:,.0f}/s (best {rates[-1]:,.0f}/s)"
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["embedded"]))
