"""The only room that opens connections and starts servers: SQLite read-only, PostgreSQL throwaway."""
