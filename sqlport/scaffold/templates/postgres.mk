# PostgreSQL for development and tests; `export DATABASE_URL` is what the application reads.
SQLPORT_POSTGRES_PORT ?= 54329
SQLPORT_POSTGRES_PASSWORD ?= sqlport
export SQLPORT_POSTGRES_PORT SQLPORT_POSTGRES_PASSWORD
export DATABASE_URL ?= postgresql://postgres:$(SQLPORT_POSTGRES_PASSWORD)@127.0.0.1:$(SQLPORT_POSTGRES_PORT)/sqlport
POSTGRES_COMPOSE := docker compose -f docker-compose.test.yml

.PHONY: postgres-up postgres-down postgres-logs postgres-reset

postgres-up: ## start PostgreSQL, wait until it is healthy, apply the schema
	$(POSTGRES_COMPOSE) up -d --wait
	sqlport schema apply migrations "$(DATABASE_URL)"

postgres-down: ## stop it; its data is gone
	$(POSTGRES_COMPOSE) down -v

postgres-logs: ## follow what it says
	$(POSTGRES_COMPOSE) logs -f db

postgres-reset: postgres-down postgres-up ## an empty database again
