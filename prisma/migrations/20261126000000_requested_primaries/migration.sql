-- How many primaries an input asks for, read from it at submission; null where it does not tell, and for inputs from before.
ALTER TABLE simulation ADD COLUMN requested_primaries bigint;
