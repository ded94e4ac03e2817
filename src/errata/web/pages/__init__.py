"""One module per noun: reads from the catalog through the client and hands plain values to a template."""
