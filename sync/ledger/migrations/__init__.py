"""The numbered steps of the ledger's database; ``sync.ledger.upgrade`` takes them."""
