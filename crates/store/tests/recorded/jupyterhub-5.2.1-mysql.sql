/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `alembic_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `alembic_version` VALUES ('4621fec11365');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `api_tokens` (
  `user_id` int(11) DEFAULT NULL,
  `service_id` int(11) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `hashed` varchar(255) DEFAULT NULL,
  `prefix` varchar(16) DEFAULT NULL,
  `client_id` varchar(255) DEFAULT NULL,
  `session_id` varchar(255) DEFAULT NULL,
  `created` datetime DEFAULT NULL,
  `expires_at` datetime DEFAULT NULL,
  `last_activity` datetime DEFAULT NULL,
  `note` varchar(1023) DEFAULT NULL,
  `scopes` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_api_tokens_hashed` (`hashed`),
  KEY `fk_api_tokens_user_id_users` (`user_id`),
  KEY `fk_api_tokens_service_id_services` (`service_id`),
  KEY `fk_api_tokens_client_id_oauth_clients` (`client_id`),
  KEY `ix_api_tokens_prefix` (`prefix`),
  CONSTRAINT `fk_api_tokens_client_id_oauth_clients` FOREIGN KEY (`client_id`) REFERENCES `oauth_clients` (`identifier`) ON DELETE CASCADE,
  CONSTRAINT `fk_api_tokens_service_id_services` FOREIGN KEY (`service_id`) REFERENCES `services` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_api_tokens_user_id_users` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `api_tokens` VALUES (1,NULL,1,'sha512:1:a:b','abcd','service-culler',NULL,'2026-11-27 05:48:59',NULL,NULL,NULL,'[\"self\"]');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `group_role_map` (
  `group_id` int(11) NOT NULL,
  `role_id` int(11) NOT NULL,
  `managed_by_auth` tinyint(1) NOT NULL,
  PRIMARY KEY (`group_id`,`role_id`),
  KEY `fk_group_role_map_role_id_roles` (`role_id`),
  CONSTRAINT `fk_group_role_map_group_id_groups` FOREIGN KEY (`group_id`) REFERENCES `groups` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_group_role_map_role_id_roles` FOREIGN KEY (`role_id`) REFERENCES `roles` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `group_role_map` VALUES (1,1,0);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `groups` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `properties` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_groups_name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `groups` VALUES (1,'lab','{\"gr\\u00f6\\u00dfe\": [1, null]}');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `oauth_clients` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `identifier` varchar(255) DEFAULT NULL,
  `description` varchar(1023) DEFAULT NULL,
  `secret` varchar(255) DEFAULT NULL,
  `redirect_uri` varchar(1023) DEFAULT NULL,
  `allowed_scopes` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_oauth_clients_identifier` (`identifier`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `oauth_clients` VALUES (1,'jupyterhub','JupyterHub','','','[]');
INSERT INTO `oauth_clients` VALUES (2,'service-culler',NULL,'hash',NULL,'[\"self\"]');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `oauth_codes` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `client_id` varchar(255) DEFAULT NULL,
  `code` varchar(36) DEFAULT NULL,
  `expires_at` int(11) DEFAULT NULL,
  `redirect_uri` varchar(1023) DEFAULT NULL,
  `session_id` varchar(255) DEFAULT NULL,
  `user_id` int(11) DEFAULT NULL,
  `scopes` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `fk_oauth_codes_client_id_oauth_clients` (`client_id`),
  KEY `fk_oauth_codes_user_id_users` (`user_id`),
  CONSTRAINT `fk_oauth_codes_client_id_oauth_clients` FOREIGN KEY (`client_id`) REFERENCES `oauth_clients` (`identifier`) ON DELETE CASCADE,
  CONSTRAINT `fk_oauth_codes_user_id_users` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `oauth_codes` VALUES (1,'service-culler','code',1,NULL,NULL,1,'[\"self\"]');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `roles` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `description` varchar(1023) DEFAULT NULL,
  `scopes` text DEFAULT NULL,
  `managed_by_auth` tinyint(1) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_roles_name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `roles` VALUES (1,'reader',NULL,'[\"read:users!group=lab\"]',0);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `servers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `proto` varchar(15) DEFAULT NULL,
  `ip` varchar(255) DEFAULT NULL,
  `port` int(11) DEFAULT NULL,
  `base_url` varchar(255) DEFAULT NULL,
  `cookie_name` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `servers` VALUES (1,'http','127.0.0.1',8888,'/user/ada/','x');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `service_role_map` (
  `service_id` int(11) NOT NULL,
  `role_id` int(11) NOT NULL,
  `managed_by_auth` tinyint(1) NOT NULL,
  PRIMARY KEY (`service_id`,`role_id`),
  KEY `fk_service_role_map_role_id_roles` (`role_id`),
  CONSTRAINT `fk_service_role_map_role_id_roles` FOREIGN KEY (`role_id`) REFERENCES `roles` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_service_role_map_service_id_services` FOREIGN KEY (`service_id`) REFERENCES `services` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `services` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `admin` tinyint(1) DEFAULT NULL,
  `url` varchar(2047) DEFAULT NULL,
  `oauth_client_allowed_scopes` text DEFAULT NULL,
  `info` text DEFAULT NULL,
  `display` tinyint(1) DEFAULT NULL,
  `oauth_no_confirm` tinyint(1) DEFAULT NULL,
  `command` text DEFAULT NULL,
  `cwd` varchar(4095) DEFAULT NULL,
  `environment` text DEFAULT NULL,
  `user` varchar(255) DEFAULT NULL,
  `from_config` tinyint(1) DEFAULT NULL,
  `_server_id` int(11) DEFAULT NULL,
  `pid` int(11) DEFAULT NULL,
  `oauth_client_id` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_services_name` (`name`),
  KEY `fk_services__server_id_servers` (`_server_id`),
  KEY `fk_services_oauth_client_id_oauth_clients` (`oauth_client_id`),
  CONSTRAINT `fk_services__server_id_servers` FOREIGN KEY (`_server_id`) REFERENCES `servers` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_services_oauth_client_id_oauth_clients` FOREIGN KEY (`oauth_client_id`) REFERENCES `oauth_clients` (`identifier`) ON DELETE SET NULL
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `services` VALUES (1,'culler',0,'http://127.0.0.1:9',NULL,NULL,NULL,NULL,'[\"cull\"]',NULL,NULL,NULL,1,NULL,NULL,'service-culler');
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `share_codes` (
  `hashed` varchar(255) DEFAULT NULL,
  `prefix` varchar(16) DEFAULT NULL,
  `exchange_count` int(11) DEFAULT NULL,
  `last_exchanged_at` datetime DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `created_at` datetime NOT NULL,
  `scopes` text DEFAULT NULL,
  `expires_at` datetime DEFAULT NULL,
  `owner_id` int(11) DEFAULT NULL,
  `spawner_id` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_share_codes_hashed` (`hashed`),
  KEY `fk_share_codes_owner_id_users` (`owner_id`),
  KEY `fk_share_codes_spawner_id_spawners` (`spawner_id`),
  KEY `ix_share_codes_prefix` (`prefix`),
  CONSTRAINT `fk_share_codes_owner_id_users` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_share_codes_spawner_id_spawners` FOREIGN KEY (`spawner_id`) REFERENCES `spawners` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `shares` (
  `user_id` int(11) DEFAULT NULL,
  `group_id` int(11) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `created_at` datetime NOT NULL,
  `scopes` text DEFAULT NULL,
  `expires_at` datetime DEFAULT NULL,
  `owner_id` int(11) DEFAULT NULL,
  `spawner_id` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `fk_shares_user_id_users` (`user_id`),
  KEY `fk_shares_group_id_groups` (`group_id`),
  KEY `fk_shares_owner_id_users` (`owner_id`),
  KEY `fk_shares_spawner_id_spawners` (`spawner_id`),
  CONSTRAINT `fk_shares_group_id_groups` FOREIGN KEY (`group_id`) REFERENCES `groups` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_shares_owner_id_users` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_shares_spawner_id_spawners` FOREIGN KEY (`spawner_id`) REFERENCES `spawners` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_shares_user_id_users` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `spawners` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `user_id` int(11) DEFAULT NULL,
  `server_id` int(11) DEFAULT NULL,
  `state` text DEFAULT NULL,
  `name` varchar(255) DEFAULT NULL,
  `started` datetime DEFAULT NULL,
  `last_activity` datetime DEFAULT NULL,
  `user_options` text DEFAULT NULL,
  `oauth_client_id` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `fk_spawners_user_id_users` (`user_id`),
  KEY `fk_spawners_server_id_servers` (`server_id`),
  KEY `fk_spawners_oauth_client_id_oauth_clients` (`oauth_client_id`),
  CONSTRAINT `fk_spawners_oauth_client_id_oauth_clients` FOREIGN KEY (`oauth_client_id`) REFERENCES `oauth_clients` (`identifier`) ON DELETE SET NULL,
  CONSTRAINT `fk_spawners_server_id_servers` FOREIGN KEY (`server_id`) REFERENCES `servers` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_spawners_user_id_users` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `spawners` VALUES (1,1,1,'{\"pid\": 7}','',NULL,NULL,'{\"a\": \"b\"}',NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `user_group_map` (
  `user_id` int(11) NOT NULL,
  `group_id` int(11) NOT NULL,
  PRIMARY KEY (`user_id`,`group_id`),
  KEY `fk_user_group_map_group_id_groups` (`group_id`),
  CONSTRAINT `fk_user_group_map_group_id_groups` FOREIGN KEY (`group_id`) REFERENCES `groups` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_user_group_map_user_id_users` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `user_group_map` VALUES (1,1);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `user_role_map` (
  `user_id` int(11) NOT NULL,
  `role_id` int(11) NOT NULL,
  `managed_by_auth` tinyint(1) NOT NULL,
  PRIMARY KEY (`user_id`,`role_id`),
  KEY `fk_user_role_map_role_id_roles` (`role_id`),
  CONSTRAINT `fk_user_role_map_role_id_roles` FOREIGN KEY (`role_id`) REFERENCES `roles` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_user_role_map_user_id_users` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `user_role_map` VALUES (2,1,0);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `users` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `admin` tinyint(1) DEFAULT NULL,
  `created` datetime DEFAULT NULL,
  `last_activity` datetime DEFAULT NULL,
  `cookie_id` varchar(255) NOT NULL,
  `state` text DEFAULT NULL,
  `encrypted_auth_state` blob DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_users_cookie_id` (`cookie_id`),
  UNIQUE KEY `uq_users_name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci ROW_FORMAT=DYNAMIC;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `users` VALUES (1,'ada',1,'2024-05-06 07:08:09',NULL,'cookie',NULL,0x674141414100FF);
INSERT INTO `users` VALUES (2,'bob',0,'2024-05-06 07:08:09',NULL,'other',NULL,NULL);
