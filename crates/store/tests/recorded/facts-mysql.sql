SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, column_type, if(is_nullable = 'NO', 'not null', NULL),
    concat('default ', column_default), nullif(extra, '')) AS fact
FROM information_schema.columns WHERE table_schema = database() AND table_name NOT LIKE 'perijove%'
UNION ALL
SELECT concat_ws(' ', 'index', table_name, index_name, if(non_unique = 0, 'unique', NULL), group_concat(column_name ORDER BY seq_in_index))
FROM information_schema.statistics WHERE table_schema = database() AND table_name NOT LIKE 'perijove%'
GROUP BY table_name, index_name, non_unique
UNION ALL
SELECT concat_ws(' ', 'reference', k.table_name, k.constraint_name, k.column_name, 'to', k.referenced_table_name, k.referenced_column_name,
    'on delete', r.delete_rule, 'on update', r.update_rule)
FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = database() AND k.referenced_table_name IS NOT NULL AND k.table_name NOT LIKE 'perijove%'
UNION ALL
SELECT concat_ws(' ', 'table', table_name, engine, row_format) FROM information_schema.tables
WHERE table_schema = database() AND table_name NOT LIKE 'perijove%'
UNION ALL
SELECT concat('revision ', version_num) FROM alembic_version
ORDER BY 1
