"""The process of `jielu run` dies, under clients and a mail server that fail: nothing is lost, nothing doubled."""
