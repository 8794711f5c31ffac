-- Who may do what from end users' devices, in the vendor's words, as it was set. NULL: nobody has set one.
ALTER TABLE collection ADD COLUMN access_tag TEXT;
ALTER TABLE collection ADD COLUMN access_rule TEXT;
