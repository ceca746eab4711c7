"""Many bureaus on one database: their folders, the queue of their works, workers, moving in and out."""
