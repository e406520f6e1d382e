-- Lists of one owner's simulations by the time of submission, read a page at a time in either direction.
CREATE INDEX simulation_owner_id_created_at_id_idx ON simulation (owner_id, created_at, id);
