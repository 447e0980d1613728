"""What stands in a terminal: tables and progress, nothing beside a document, the screen of `coursekit watch`."""
