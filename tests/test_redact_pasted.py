"""What people paste who run databases: files, commands and code, each with made-up secrets between two signs.

None of them was written for a scanner: they show how the programs' own documents say that it is done.
"""

import re

import pytest

from confmend.redact import redact

HERE = re.compile("§([^§]+)§")
PASTED = r'''
## compose env map
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: §Tr0ub4dor§
      POSTGRES_INITDB_ARGS: --auth-host=scram-sha-256
## compose env list unquoted
    environment:
      - PGBOUNCER_AUTH_PASSWORD=§kJ8sd!x§
      - DATABASE_URL=postgres://app:§kJ9sd#x§@db:5432/app
## pgpass
db.internal:5432:*:replicator:§r3plP4ss§
## psql history
\password app
alter user app with password '§Hx7kk2§' ;
create role rep replication login password '§Qm3ss9!§';
\c "host=db1 user=app password=§zz81kk§"
## ansible vars
postgresql_users:
  - name: app
    password: "§An5ible!§"
    priv: ALL
pg_replication_password: §rEpl77§
postgresql_user_pass: '§pp88ss§'
## ansible task args
- name: create user
  postgresql_user: db=acme name=app password=§pl4yb00k§ priv=ALL
- community.postgresql.postgresql_user:
    name: app
    password: "§vault3d§"
    login_password: §l0ginpw§
## helm values bitnami
auth:
  postgresPassword: "§P0stgr3s§"
  username: app
  password: §hElm77§
  replicationPassword: §rePl77x§
## helm set
helm upgrade pg bitnami/postgresql --set auth.password=§hs3t99§,auth.username=app --set-string global.postgresql.auth.postgresPassword='§gl0bal1§'
## jdbc in xml
<Resource name="jdbc/app" auth="Container" type="javax.sql.DataSource" username="app" password="§t0mc4t§" driverClassName="org.postgresql.Driver" url="jdbc:postgresql://db:5432/app?user=app&amp;password=§t1mc5t§&amp;ssl=true"/>
## spring xml
<bean id="ds" class="com.zaxxer.hikari.HikariDataSource">
  <property name="jdbcUrl" value="jdbc:postgresql://db/app"/>
  <property name="password" value="§spr1ng!§"/>
</bean>
## spring nested value
<property name="password"><value>§n3sted1§</value></property>
## application.yml
spring:
  datasource:
    url: jdbc:postgresql://db:5432/app
    username: app
    password: §sPr1ngY§
    hikari:
      maximum-pool-size: 10
## application.properties
spring.datasource.password=§pr0p3rt§
spring.r2dbc.url=r2dbc:postgresql://app:§r2dbcpw1§@db/app
quarkus.datasource.password=§qu4rkus§
## appsettings
{"ConnectionStrings": {"Default": "Host=db;Port=5432;Database=app;Username=app;Password=§Npgs9l!§;SSL Mode=Require"}}
## odbc.ini
[app]
Driver=PostgreSQL Unicode
Servername=db
UserName=app
Password=§0dbcPw§
Port=5432
## odbc DSN-less
Driver={PostgreSQL Unicode};Server=db;Port=5432;Database=app;Uid=app;Pwd=§dsnl3ss§;
## systemd
Environment=PGPASSWORD=§syst3md§ PGUSER=app
Environment="DB_PASS=§syst4md§ x"
## crontab
0 3 * * * PGPASSWORD=§cr0ntab§ pg_dump -h db -U app app | gzip > /b/app.gz
5 3 * * * root export PGPASSWORD='§cr1 ntab§'; /usr/bin/pg_dumpall
## shell pg_dump
pg_dump "postgresql://app:§dumpPw1§@db/app" -Fc -f x
pg_dump --dbname="host=db user=app password=§dumpPw2§ dbname=app"
pg_dump --dbname=postgresql://app:§dumpPw3§@db/app
## haproxy
userlist admins
    user app insecure-password §hapr0xy§
    stats auth admin:§st4ts!§
## haproxy basic auth
option httpchk OPTIONS / HTTP/1.1\r\nAuthorization:\ Basic\ §YWRtaW46aHVudGVyMg==§
## pgbackrest
[global]
repo1-cipher-pass=§b4ckr3st§
repo1-s3-key=§AKIAQQ2ZZ3XX4WW5VV6U§
repo1-s3-key-secret=§s3cr3tK/ey+x§
repo1-azure-key=§YXp1cmVrZXk4OTAx§
repo1-sftp-private-key-passphrase=§sftpPh1§
[main]
pg1-path=/var/lib/pg
## walg
export AWS_SECRET_ACCESS_KEY=§walgS3cret77§
export WALG_LIBSODIUM_KEY=§a1b2c3d4e5§
export WALG_PGP_KEY_PASSPHRASE=§pgpPhr4se§
AWS_ACCESS_KEY_ID=§AKIAQQ2ZZ3XX4WW5VV6U§
## repmgr
node_id=1
conninfo='host=n1 user=repmgr dbname=repmgr password=§repMgr7§ connect_timeout=2'
## barman
[main]
conninfo = host=pg user=barman dbname=postgres password=§b4rman7§
streaming_conninfo = host=pg user=streaming_barman password='§str 3am§'
## patroni
postgresql:
  authentication:
    replication:
      username: rep
      password: §p4troni1§
    superuser:
      username: postgres
      password: '§p4troni2§'
    rewind:
      password: "§p4troni3§"
restapi:
  authentication:
    username: admin
    password: §r3stapi§
etcd3:
  username: e
  password: §etcdPw9§
consul:
  token: §c0nsulT0k§
## stolon
stolon-keeper --pg-repl-password=§st0lon1§ --pg-su-password §st0lon2§ --pg-su-passwordfile /x/y
## stolon env
STKEEPER_PG_REPL_PASSWORD=§st0lon3§
## zabbix
DBUser=zabbix
DBPassword=§z4bbix§
Plugins.PostgreSQL.Sessions.Prod.Password=§z4bbix2§
TLSPSKFile=/etc/psk
## datadog
init_config:
instances:
  - host: localhost
    port: 5432
    username: datadog
    password: §d4tad0g§
api_key: §0a1b2c3d4e5f60718293a4b5c6d7e8f9§
## pganalyze
[pganalyze]
api_key: §PGA7KEY9X§
[srv]
db_password: §pg4nalyze§
## pgwatch
- unique_name: app
  dbtype: postgres
  conn_str: postgresql://pgwatch:§pgw4tch§@db/app
  password: §pgw5tch§
## postgres_exporter
DATA_SOURCE_NAME="postgresql://exp:§exp0rter§@db:5432/postgres?sslmode=disable"
DATA_SOURCE_PASS=§exp1rter§
DATA_SOURCE_NAME="user=exp password=§exp2rter§ host=/var/run"
## postgres_exporter yml
auth_modules:
  foo1:
    type: userpass
    userpass:
      username: first
      password: §f1rstpw§
## prometheus basic_auth
    basic_auth:
      username: p
      password: §pr0mPw§
    bearer_token: §be4rerT0k§
## terraform
resource "aws_db_instance" "x" {
  username = "app"
  password = "§terraf0rm§"
}
provider "postgresql" {
  password        = "§pr0v1der§"
}
## tfvars
db_master_password = "§tfv4rs§"
## pulumi yaml
config:
  app:dbPassword:
    secure: §AAABAJ1pulum1x§
  app:other: x
## k8s secret
apiVersion: v1
kind: Secret
stringData:
  POSTGRES_PASSWORD: §k8sPlain§
  url: postgres://a:§k8sUrl1§@db/x
## k8s env
env:
  - name: PGPASSWORD
    value: "§k8sEnv1§"
## sealed secret
kind: SealedSecret
spec:
  encryptedData:
    password: §AgBy3i4OJSWK+PiTySYZZA9rO43cGDEqx§
## github actions
env:
  PGPASSWORD: §gh4ction§
  POSTGRES_HOST_AUTH_METHOD: md5
## gitlab ci
variables:
  POSTGRES_PASSWORD: "§gitl4b§"
## pgadmin servers.json
{"Servers": {"1": {"Name": "x", "Host": "db", "Port": 5432, "Username": "app", "Password": "§pg4dmin§", "SSLMode": "prefer"}}}
## dbeaver
"configuration": {"host": "db","user": "app","password": "§db34ver§","url": "jdbc:postgresql://db/app"}
## dbt
app:
  outputs:
    dev:
      type: postgres
      user: app
      pass: §dbtPw7§
      password: §dbtPw8§
## airflow
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=postgresql+psycopg2://airflow:§airfl0w§@db/airflow
AIRFLOW_CONN_PG='{"conn_type": "postgres", "login": "u", "password": "§airfl1w§"}'
AIRFLOW__CORE__FERNET_KEY=§fernetK3y46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=§
AIRFLOW__WEBSERVER__SECRET_KEY=§webS3cret§
airflow connections add pg --conn-login u --conn-password §airfl2w§ --conn-host h
## superset
SECRET_KEY = '§superS3t§'
SQLALCHEMY_DATABASE_URI = 'postgresql://s:§superS4t§@db/s'
## grafana ini
[database]
type = postgres
password = """§gr4fana;x§"""
[security]
admin_password = §gr5fana§
secret_key = §gr6fana§
## grafana datasource
datasources:
  - name: pg
    type: postgres
    user: grafana
    secureJsonData:
      password: '§gr7fana§'
## debezium
{"name": "c", "config": {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "database.user": "d", "database.password": "§deb3zium§"}}
## kafka jaas
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="k" password="§kafk4Pw§";
ssl.keystore.password=§kst0re§
"connection.password":"§jdbcs1nk§"
## flyway
flyway.url=jdbc:postgresql://db/app
flyway.password=§flyw4y§
flyway -user=app -password=§flyw5y§ migrate
## liquibase
liquibase.command.password: §liqu1base§
liquibase --username=app --password=§liqu2base§ update
## alembic
sqlalchemy.url = postgresql+psycopg2://app:§al3mbic§@db/app
## database.yml
production:
  adapter: postgresql
  username: app
  password: <%= ENV.fetch("DB_PW") { "§erbPw9§" } %>
development:
  password: §dev1pw§
## database.yml erb or
  password: <%= ENV['DB_PW'] || '§erbOr77§' %>
## knexfile
connection: { host: 'db', user: 'app', password: '§kn3xPw§', database: 'app' },
## knex env or
      password: process.env.DB_PW || '§kn4xPw§',
## python env default
PASSWORD = os.environ.get("DB_PASSWORD", "§pyD3fault§")
DB = os.getenv('PGPASSWORD', '§pyD4fault§')
## django
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'USER': 'app', 'PASSWORD': '§dj4ngo§'}}
SECRET_KEY = "§dj5ngo(x§"
## ormconfig
{"type": "postgres", "username": "app", "password": "§0rmPw1§", "database": "app"}
## hibernate
<property name="hibernate.connection.password">§hib3rn8§</property>
<property name="javax.persistence.jdbc.password" value="§hib4rn8§"/>
## ldap hba
host all all 0.0.0.0/0 ldap ldapserver=l ldapbasedn="dc=x" ldapbinddn="cn=r,dc=x" ldapbindpasswd="§ld4p pw§"
## pgbouncer ldap
auth_ldap_options = 'ldapserver=l ldapbinddn="cn=r" ldapbindpasswd=§ld5pPw§'
## pgbouncer
[databases]
app = host=db user=app password=§b0uncer§ pool_size=20
* = host=db auth_user=pgbouncer password='§b1 uncer§'
## pgpool
sr_check_user = 'x'
sr_check_password = '§pgp00l1§'
health_check_password = '§pgp00l2§'
recovery_password = 'AES§bWFzdGVya2V5cG9vbA==§'
wd_authkey = '§wdAuth7§'
## pool_passwd
app:md5§0f7d1a2b3c4d5e6f708192a3b4c5d6e7§
rep:AES§Nb9Ek3xv0JmQ7yPzS1aT2g==§
bob:TEXT§p00lText§
## pcp.conf
# USERID:MD5PASSWD
pgpool:§e8a48653851e28c69d0506508fb27fc5§
## pgpool pcppass
localhost:9898:pgpool:§pcpPass7§
## postgres fdw
CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'app', password '§fdwPw77§');
## dblink
SELECT * FROM dblink('host=db user=a password=§dbl1nk§', 'select 1');
SELECT dblink_connect('c', 'host=db password=§dbl2nk§');
## docker run
docker run -e POSTGRES_PASSWORD=§d0cker1§ -e "PGADMIN_DEFAULT_PASSWORD=§d0cker§ 2" postgres
docker login -u app -p §d0cker3§ reg.example
## kubectl
kubectl create secret generic pg --from-literal=password=§kubectl1§ --from-literal=POSTGRES_PASSWORD='§kubectl2§'
kubectl create secret generic pg --from-literal pgpass=§kubectl3§
## psql env windows
set PGPASSWORD=§w1nPw§
$env:PGPASSWORD='§w2nPw§'
## psql -v
psql -v app_password="§psqlv1§" -f x.sql
psql -c "alter role app password '§psqlc1§'"
\set pw '§psqlset1§'
## createuser expect
echo "§expectPw§" | passwd --stdin app
echo -e "§exp9ct\nexp9ct§" | passwd app
echo "app:§chp4ss§" | chpasswd
## go
connStr := "postgres://app:§g0lang§@db/app?sslmode=disable"
dsn := fmt.Sprintf("host=%s user=app password=§g1lang§", h)
const dbPassword = "§g2lang§"
## node pg
new Pool({ user: 'app', password: '§n0dePw§', host: 'db' })
const pool = new Pool({connectionString: `postgres://app:§n1dePw§@${host}/app`})
## csharp
var cs = new NpgsqlConnectionStringBuilder { Host = "db", Password = "§csh4rp§" };
builder.Password = "§csh5rp§";
## java
props.setProperty("password", "§jav4Pw§");
props.put("password", "§jav5Pw§");
config.setPassword("§jav6Pw§");
## scala/typesafe
db { user = app, password = "§typ3safe§" }
slick.dbs.default.db.password="§typ4safe§"
## php
$conn = pg_connect("host=db dbname=app user=app password=§phpPw77§");
define('DB_PASSWORD', '§phpPw88§');
'password' => env('DB_PASSWORD', '§phpPw99§'),
## ruby
PG.connect(host: 'db', user: 'app', password: '§rubyPw1§')
## rust
.password("§rustPw1§")
let cfg = Config::new().user("a").password("§rustPw2§");
## elixir
config :app, App.Repo, username: "app", password: "§elix1r§", hostname: "db"
## R
dbConnect(RPostgres::Postgres(), user = "app", password = "§rlangPw§")
## perl
my $dbh = DBI->connect("dbi:Pg:dbname=app", "app", "§perlPw1§");
## vault
vault kv put secret/pg password=§vaultPw1§ username=x
VAULT_TOKEN=§hvs.CAESIJ7x8kQ2mW§
vault login §s.Zx81kQpLw20VbN7sTr4Y9abc§
## consul-template / etcd
ETCDCTL_PASSWORD=§etcdctl§
etcdctl --user root:§etcdct2§ get x
## redis sentinel
sentinel auth-pass m §r3disPw§
## curl patroni
curl -u admin:§curlPw1§ -X POST http://n1:8008/restart
curl --user 'admin:§curl§ Pw2' http://n1:8008/
wget --password=§wgetPw§ --user=u http://x
## etcd url
etcd.hosts: http://root:§etcdUrl§@e:2379
## pg_hba radius
host all all 0.0.0.0/0 radius radiusservers=r radiussecrets="§rad1us§"
## cloud-init
chpasswd:
  list: |
    root:§cl0udInit§
    app:§cl1udInit§
## cloud-init 2
users:
  - name: app
    plain_text_passwd: '§cl2udInit§'
    hashed_passwd: §$6$rounds=4096$abcdefgh$QQzzWWxxEE11§
## mysql style my.cnf
[client]
user=root
password=§myCnfPw§
## pgloader
LOAD DATABASE FROM mysql://root:§pgl0ader§@h/db INTO postgresql://app:§pgl1ader§@h/db;
## bucardo
bucardo add db a dbname=x host=y user=z pass=§bucard0§
## slony
node 1 admin conninfo = 'dbname=x host=y user=z password=§sl0nyPw§';
## londiste
db = host=x user=y password=§l0ndiste§ dbname=z
## logstash
jdbc_password => "§l0gst4sh§"
jdbc_connection_string => "jdbc:postgresql://h/d?user=u&password=§l1gst4sh§"
## telegraf
[[inputs.postgresql]]
  address = "host=h user=t password=§teleGr4f§ sslmode=disable"
  token = "§teleTok1§"
## vector/fluent
  password §fluentPw7§
## collectd
<Database app>
  Password "§c0llectd§"
</Database>
## nagios
check_postgres --dbuser=n --dbpass=§nag10s§
check_pgsql -H h -l u -p §nag11s§
## icinga
vars.postgres_password = "§ic1nga§"
## rds cli
aws rds modify-db-instance --db-instance-identifier x --master-user-password §rdsPw77§
aws rds create-db-instance --master-user-password '§rdsPw 88§'
gcloud sql users set-password app --instance=i --password=§gcl0ud§
az postgres server create --admin-password §azur3Pw§
## cloudformation
      MasterUserPassword: §cfnPw77§
## CNPG
superuserSecret:
  name: x
stringData:
  password: §cnpgPw7§
## spilo
- name: PGPASSWORD_SUPERUSER
  value: §spil0Pw§
## dsn in toml
dsn = "user=app password=§t0mlPw§ host=db"
## sqlx .env
DATABASE_URL="postgres://app:§sqlxPw1§@localhost/app"
## supabase
SUPABASE_SERVICE_ROLE_KEY=§eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.qq11zz§
JWT_SECRET=§superjwt1§
## log line connection string
2026-03-02 UTC [1] FATAL:  could not connect to the primary server: invalid connection option "passwort" conninfo "user=r password=§l0gCon§ host=x"
## stack trace
psycopg2.OperationalError: connection failed: dsn='user=app password=§st4ck§ host=db'
## journald sudo
sudo: app : TTY=pts/0 ; COMMAND=/usr/bin/psql postgresql://app:§j0urnal§@db/app
## ps output
postgres 123 0.0 psql host=db user=app password=§psOut77§
app 124 pg_dump -h db -U app -w PGPASSWORD=§psOut88§
## docker inspect
"Env": ["POSTGRES_PASSWORD=§insp3ct§", "PATH=/usr/bin"]
## mail
User: app
Password: §ma1lPw7§
Kennwort: §ma2lPw7§
## chat
hey, the db password is §ch4tPw7§, pls rotate
login: app / §ch5tPw7§
pw: §ch6tPw7§
user=app pw=§ch7tPw7§
## odoo
admin_passwd = §0dooAdm§
db_password = §0dooPw7§
## nextcloud
'dbpassword' => '§nextCl0§',
## gitlab.rb
gitlab_rails['db_password'] = '§gitl4bRb§'
postgresql['sql_user_password'] = '§0f7d1a2b3c4d5e6f708192a3b4c5d6e7§'
## keycloak
KC_DB_PASSWORD=§keycl0ak§
## sonar
sonar.jdbc.password=§s0narPw§
## hasura
HASURA_GRAPHQL_ADMIN_SECRET=§hasur4§
HASURA_GRAPHQL_DATABASE_URL=postgres://p:§hasur5§@db/p
## metabase
MB_DB_PASS=§metab4se§
MB_ENCRYPTION_SECRET_KEY=§metab5se§
## strapi
DATABASE_PASSWORD=§strap1§
APP_KEYS=§appKeyA1==§,§appKeyB2==§
## n8n
DB_POSTGRESDB_PASSWORD=§n8nPw77§
N8N_ENCRYPTION_KEY=§n8nKey7§
## yugabyte / cockroach
ysqlsh "host=h user=u password=§yug4§"
cockroach sql --url "postgresql://r:§cockr0§@h:26257/d"
## timescale promscale
PROMSCALE_DB_PASSWORD=§pr0mscale§
## powershell secure string
$cred = New-Object PSCredential("app", (ConvertTo-SecureString "§p0werSh§" -AsPlainText -Force))
## vbscript ado
conn.Open "Driver={PostgreSQL};Server=h;Uid=u;Pwd=§vbScr1pt§;"
## tableau/powerbi
pg8000.connect(user="u", password="§pg8Pw77§")
asyncpg.connect(user='u', password='§asyncPw1§')
## url env with encoded
PG_URI=postgres%3A%2F%2Fapp%3A§encPw77§%40db%2Fapp
## netrc
machine repo.example login u password §netrcPw§
## pgagent
pgagent hostaddr=1.2.3.4 dbname=x user=y password=§pgag3nt§
## rsync/ssh
RSYNC_PASSWORD=§rsyncPw§
sshpass -p '§sshp4ss§' ssh x
## openssl
openssl enc -aes-256-cbc -k §0pensslK§ -in x
openssl rsa -passin pass:§0penssl2§ -in k
gpg --batch --passphrase §gpgPw77§ -d x
## pgp functions
select pgp_sym_decrypt(c, '§pgpSym7§') from t;
## 7z zip
zip -P §zipPw77§ x.zip y
7z a -p§7zPw77§ x.7z y
## cassandra-like
cqlsh -u c -p §cqlPw77§
mongodump -u m -p §m0ngoPw§
## psql \connect with conninfo uri
\connect postgresql://app:§c0nnUri§@db/app
## LOG connection_string quoting
DETAIL:  connection string "host=h password=§det4il§"
## pg_service.conf
[app]
host=db
user=app
password=§serv1ce§
## recovery.conf
primary_conninfo = 'user=rep password=§rec0very§ host=h sslmode=prefer'
## auto.conf escaped
primary_conninfo = 'user=rep password=''§aut0 conf§'' host=h'
## pg_basebackup -R / repmgr standby
pg_basebackup -d 'host=h user=r password=§b4sebk§' -D x
pg_receivewal -d "host=h password=§rcvw4l§"
## CREATE SUBSCRIPTION
CREATE SUBSCRIPTION s CONNECTION 'host=h user=r password=§subscr1§' PUBLICATION p;
## aws dms
"Password": "§dmsPw77§", "Username": "x"
## sql server linked
sqlcmd -S h -U u -P §sqlcmdP§
bcp x in y -S h -U u -P §bcpPw77§
## oracle ora2pg
ORACLE_PWD	§0ra2pg§
PG_PWD		§0ra3pg§
## pgtune none
ALTER SYSTEM SET myapp.password = '§alterSys§';
ALTER DATABASE d SET app.jwt_secret = '§alterDb7§';
ALTER ROLE a SET app.api_key TO '§alterRl7§';
'''  # noqa: E501
CASES = [case.partition("\n") for case in re.split(r"^## ", PASTED, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("text", [text for _, _, text in CASES], ids=[name for name, _, _ in CASES])
def test_nothing_of_a_secret_is_left(text: str) -> None:
    beside = HERE.sub("§", text)
    (out,) = redact([text.replace("§", "")]).texts
    for secret in HERE.findall(text):
        runs = {secret[start : start + 4] for start in range(max(1, len(secret) - 3))}
        assert not [run for run in runs if run in out and run not in beside]
    assert redact([out]).texts == (out,)
