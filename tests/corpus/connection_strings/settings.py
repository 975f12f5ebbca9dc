import psycopg

DSN = "host=db.example dbname='my orders' user=app keepalives_idle=60"
conn = psycopg.connect("dbname=orders")
engine = create_engine(f"postgresql+psycopg://{user}:{password}@db.example/orders")
pool = ConnectionPool("host=db.example dbname=orders tcp_user_timeout=30000", min_size=4)
port = 5432
host = "localhost"
