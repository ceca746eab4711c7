"""Many bureaus on a real PostgreSQL: workers, the queue, pages by host, moving in and out."""
