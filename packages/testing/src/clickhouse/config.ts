/** What differs between the servers of one test. */
export interface ClickHouseConfig {
  readonly httpPort: number;
  readonly tcpPort: number;
  readonly interserverPort: number;
  /** The server's own folder; it may be used again by a later server. */
  readonly folder: string;
  /** More elements of `config.xml`, as XML: clusters, macros, ZooKeeper. */
  readonly extra: string;
  /** More settings of the default profile, such as `max_memory_usage`. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Password of the user `default`; empty: none. */
  readonly password: string;
}

/** `<yandex>` is the root that servers of every age read. */
export function configXml(config: ClickHouseConfig): string {
  const { folder, httpPort, tcpPort, interserverPort, extra } = config;
  return `<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><console>true</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <http_port>${httpPort}</http_port>
  <tcp_port>${tcpPort}</tcp_port>
  <interserver_http_port>${interserverPort}</interserver_http_port>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/tmp/</tmp_path>
  <user_files_path>${folder}/user_files/</user_files_path>
  <format_schema_path>${folder}/format_schemas/</format_schema_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <timezone>UTC</timezone>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <keep_alive_timeout>3</keep_alive_timeout>
  ${extra}
</yandex>
`;
}

export function usersXml({ settings, password }: ClickHouseConfig): string {
  const profile = Object.entries(settings).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<?xml version="1.0"?>
<yandex>
  <profiles><default>${profile.join('')}</default></profiles>
  <users><default>
    <password>${password}</password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota>
  </default></users>
  <quotas><default></default></quotas>
</yandex>
`;
}

/** `<remote_servers>` of one cluster: a shard per port, each with one replica on the loopback interface. */
export function clusterXml(name: string, tcpPorts: readonly number[]): string {
  const shards = tcpPorts.map(
    (port) => `<shard><internal_replication>true</internal_replication>
      <replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`,
  );
  return `<remote_servers><${name}>${shards.join('')}</${name}></remote_servers>`;
}
