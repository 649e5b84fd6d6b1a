SELECT concat('column ', table_name, ' ', ordinal_position, ' ', column_name, ' ', data_type, ' ' || character_maximum_length,
    CASE is_nullable WHEN 'NO' THEN ' not null' END, ' default ' || column_default) COLLATE "C" AS fact
FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE 'perijove%'
UNION ALL
SELECT concat('index ', tablename, ' ', indexdef)
FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT LIKE 'perijove%' AND indexname NOT LIKE 'perijove%'
UNION ALL
SELECT concat('constraint ', r.relname, ' ', c.conname, ' ', pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
WHERE c.connamespace = current_schema()::regnamespace AND r.relname NOT LIKE 'perijove%'
UNION ALL
SELECT concat('revision ', version_num) FROM alembic_version
ORDER BY 1
