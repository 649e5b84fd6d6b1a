SELECT 'column ' || m.name || ' ' || c.cid || ' ' || c.name || ' ' || c.type || CASE c."notnull" WHEN 1 THEN ' not null' ELSE '' END
    || coalesce(' default ' || c.dflt_value, '') || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'perijove%'
UNION ALL
SELECT 'index ' || m.name || ' ' || CASE i.origin WHEN 'c' THEN i.name ELSE i.origin END || CASE i."unique" WHEN 1 THEN ' unique' ELSE '' END
    || ' (' || (SELECT group_concat(x.name) FROM pragma_index_info(i.name) x) || ')'
FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND m.name NOT LIKE 'perijove%' AND i.name NOT LIKE 'perijove%'
UNION ALL
SELECT 'reference ' || m.name || ' ' || f."from" || ' to ' || f."table" || ' ' || f."to" || ' on delete ' || f.on_delete
    || ' on update ' || f.on_update
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND m.name NOT LIKE 'perijove%'
UNION ALL
SELECT 'revision ' || version_num FROM alembic_version
ORDER BY 1
