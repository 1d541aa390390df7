"""What nobody's client sends: ids made by hand, texts that are no texts, files of any bytes."""
