"""Looking after a service that runs: backups, what should have happened, what is held of a person."""
