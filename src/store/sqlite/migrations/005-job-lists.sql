-- Lists by state or type read a page, however many other jobs stand between.

CREATE INDEX job_state ON job (environment, state, id);
CREATE INDEX job_type ON job (environment, type, id);
