-- What the data steps below change is written down first, so that each can be undone.

create schema if not exists stackwright;
create table if not exists stackwright.before_images (
  step text not null,
  table_name text not null,
  row_key text not null,
  before jsonb not null,
  kept_at timestamptz not null default now(),
  primary key (step, table_name, row_key)
);
comment on table stackwright.before_images is
  'Rows as they were before a data step of the migrations; the files in sql/down read them.';
