"""What an SQLSTATE means that several incidents share, in a log in another language.

The code stands for one family; a name in the line that no language translates, the translated words, or the level tell
which of the family it is. Where nothing tells, nothing is said. The words are those of the catalogues in the server's
source (src/backend/po, PostgreSQL 15), in small letters; which message has which code: src/backend/tcop/postgres.c,
src/backend/postmaster/postmaster.c, src/backend/libpq/auth.c, and errcode_for_file_access in
src/backend/utils/error/elog.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "57014": {
        "statement_timeout": (
            "storniere anfrage wegen zeitüberschreitung der anfrage",
            "cancelando la sentencia debido a que se agotó el tiempo de espera de sentencias",
            "annulation de la requête à cause du délai écoulé pour l'exécution de l'instruction",
            "annullamento dell'istruzione a causa di timeout",
            "ステートメントのタイムアウトのためステートメントをキャンセルしています",
            "명령실행시간 초과로 작업을 취소합니다",
            "выполнение оператора отменено из-за тайм-аута",
            "avbryter sats på grund av sats-timeout",
            "виконання оператора скасовано через тайм-аут",
            "由于语句执行超时，正在取消语句",
            "因為陳述式逾時，正在取消陳述式",
        ),
        "query_canceled_by_client": (
            "storniere anfrage wegen benutzeraufforderung",
            "cancelando la sentencia debido a una petición del usuario",
            "annulation de la requête à la demande de l'utilisateur",
            "annullamento dell'istruzione su richiesta dell'utente",
            "ユーザーからの要求により文をキャンセルしています",
            "사용자 요청에 의해 작업을 취소합니다",
            "выполнение оператора отменено по запросу пользователя",
            "avbryter sats på användares begäran",
            "виконання оператора скасовано по запиту користувача",
            "由于用户请求，正在取消语句",
            "因為使用者要求，正在取消陳述式",
        ),
        "autovacuum_canceled": (
            "storniere autovacuum-aufgabe",
            "cancelando tarea de autovacuum",
            "annulation de la tâche d'autovacuum",
            "annullamento del task di autovacuum",
            "自動vacuum処理をキャンセルしています",
            "ავტომომტვერსასრუტების ამოცანის გაუქმება",
            "자동 청소 작업을 취소하는 중",
            "отмена задачи автоочистки",
            "avbryter autovacuum-uppgift",
            "скасування завдання автоочистки",
            "正在取消自动清理任务",
            "正在取消自動清理工作",
        ),
        "authentication_timed_out": (
            "storniere authentifizierung wegen zeitüberschreitung",
            "cancelando la autentificación debido a que se agotó el tiempo de espera",
            "annulation de l'authentification à cause du délai écoulé",
            "annullamento dell'autenticazione a causa di timeout",
            "タイムアウトにより認証処理をキャンセルしています",
            "ავთენტიკაცია გაუქმდა მოლოდინის ვადის ამოწურვის გამო",
            "시간 초과로 인증 작업을 취소합니다",
            "отмена проверки подлинности из-за тайм-аута",
            "avbryter autentisering på grund av timeout",
            "скасування автентифікації через тайм-аут",
            "由于超时，正在取消认证",
            "因為逾時，正在取消驗證",
        ),
    },
    "57P01": {
        "postmaster_gone": (
            "verbindung wird abgebrochen wegen unerwartetem ende des postmasters",
            "terminando la conexión debido al término inesperado de postmaster",
            "arrêt des connexions suite à un arrêt inattendu du postmaster",
            "la connessione è stata terminata a causa di un'uscita inattesa di postmaster",
            "予期しないpostmasterの終了のため、コネクションを終了します",
            "მიერთების შეწყვეტა postmaster-ის მოულოდნელი გასვლის გამო",
            "postmaster의 예상치 못한 종료로 연결을 종료합니다",
            "закрытие подключения из-за неожиданного завершения главного процесса",
            "avslutar anslutning på grund av att postmaster stängde oväntat ner",
            "завершення підключення через неочікуване закриття головного процесу",
            "由于意外的 postmaster 退出而终止连接",
            "因 postmaster 意外結束而終止連線",
        ),
    },
    "57P03": {
        "server_starting_up": (
            "das datenbanksystem startet",
            "el sistema de base de datos está iniciándose",
            "le système de bases de données se lance",
            "il database si sta avviando",
            "データベースシステムは起動処理中です",
            "მიმდინარეობს მონაცემთა ბაზის სისტემის გაშვება",
            "데이터베이스 시스템이 새로 가동 중입니다",
            "система баз данных запускается",
            "databassystemet startar upp",
            "система бази даних запускається",
            "数据库系统正在启动",
            "資料庫系統正在啟動",
        ),
        "server_shutting_down": (
            "das datenbanksystem fährt herunter",
            "el sistema de base de datos está apagándose",
            "le système de base de données s'arrête",
            "il database si sta spegnendo",
            "データベースシステムはシャットダウンしています",
            "მონაცემთა ბაზის სისტემა ითიშება",
            "데이터베이스 시스템이 중지 중입니다",
            "система баз данных останавливается",
            "databassystemet stänger ner",
            "система бази даних завершує роботу",
            "数据库系统正在关闭",
            "資料庫系統正在關閉",
        ),
        "server_in_crash_recovery": (
            "das datenbanksystem ist im wiederherstellungsmodus",
            "el sistema de base de datos está en modo de recuperación",
            "le système de bases de données est en cours de restauration",
            "il database è in modalità di ripristino",
            "データベースシステムはリカバリモードです",
            "მონაცემთა ბაზის სისტემა აღდგენის რეჟიმშია",
            "데이터베이스 시스템이 자동 복구 작업 중입니다",
            "система баз данных в режиме восстановления",
            "databassystemet är återställningsläge",
            "система бази даних у режимі відновлення",
            "数据库系统在恢复模式中",
            "資料庫系統處於復原模式",
        ),
        "standby_not_yet_open": (
            "das datenbanksystem nimmt noch keine verbindungen an",
            "das datenbanksystem nimmt keine verbindungen an",
            "el sistema de bases de datos aún no está aceptando conexiones",
            "el sistema de bases de datos no está aceptando conexiones",
            "le système de bases de données n'accepte pas encore de connexions",
            "le système de bases de données n'accepte pas de connexions",
            "il sistema di database non accetta ancora connessioni",
            "il sistema di database non accetta connessioni",
            "データベースシステムはまだ接続を受け付けていません",
            "データベースシステムは接続を受け付けていません",
            "მონაცემთა ბაზის სისტემა ჯერ მიერთებებს არ იღებს",
            "მონაცემთა ბაზის სისტემა მიერთებებს არ იღებს",
            "해당 데이터베이스 시스템은 아직 접속을 허용하지 않습니다",
            "해당 데이터베이스 시스템은 접속을 허용하지 않습니다",
            "система бд ещё не принимает подключения",
            "система бд не принимает подключения",
            "databassystemet tar ännu inte emot anslutningar",
            "databassystemet tar inte emot anslutningar",
            "система бази даних ще не приймає підключення",
            "система бази даних не приймає підключення",
            "数据库系统尚未接受连接",
            "数据库系统不接受连接",
            "資料庫系統尚未接受連線",
            "資料庫系統不接受連線",
        ),
    },
    "28000": {
        "hba_no_entry": (
            "kein pg_hba.conf-eintrag für host",
            "no hay una línea en pg_hba.conf para",
            "aucune entrée dans pg_hba.conf pour l'hôte",
            "nessuna voce in pg_hba.conf per l'host",
            "pg_hba.conf にホスト",
            "pg_hba.conf-ში ჩანაწერი ჰოსტისთვის",
            "в pg_hba.conf нет записи для компьютера",
            "ingen rad i pg_hba.conf för värd",
            "в pg_hba.conf немає запису для хосту",
            "没有适用于主机",
            "沒有主機",
        ),
        "hba_rejects": (
            "pg_hba.conf lehnt verbindung ab für host",
            "pg_hba.conf rechaza la conexión para el servidor",
            "pg_hba.conf rejette la connexion pour l'hôte",
            "pg_hba.conf rifiuta connessioni per l'host",
            "pg_hba.conf の設定でホスト",
            "pg_hba.conf უარყოფს მიერთებას ჰოსტისთვის",
            "pg_hba.conf отвергает подключение: компьютер",
            "pg_hba.conf avvisar anslutning för värd",
            "pg_hba.conf відхиляє підключення для хосту",
            "pg_hba.conf 拒绝来自主机",
            "pg_hba.conf 拒絕主機",
        ),
    },
    "40001": {
        "query_canceled_by_replay": (
            "storniere anfrage wegen konflikt mit der wiederherstellung",
            "cancelando la sentencia debido a un conflicto con la recuperación",
            "annulation de la requête à cause d'un conflit avec la restauration",
            "annullamento dell'istruzione a causa di un conflitto con il ripristino",
            "リカバリで競合が発生したためステートメントをキャンセルしています",
            "გამოსახულების გაუქმება აღდგენასთან კონფლიქტის გამო",
            "복구 작업 중 충돌이 발생해 작업을 중지합니다",
            "выполнение оператора отменено из-за конфликта с процессом восстановления",
            "avbryter sats på grund av konflikt med återställning",
            "виконання оператора скасовано через конфлікт з процесом відновлення",
            "由于与恢复操作冲突，正在取消语句",
            "因為與復原衝突，正在取消陳述式",
        ),
        "session_ended_by_replay": (
            "verbindung wird abgebrochen wegen konflikt mit der wiederherstellung",
            "terminando la conexión debido a un conflicto con la recuperación",
            "arrêt de la connexion à cause d'un conflit avec la restauration",
            "interruzione della connessione a causa di conflitto con il ripristino",
            "リカバリで競合が発生したため、接続を終了しています",
            "მიერთების შეწყვეტა აღდგენასთან კონფლიქტის გამო",
            "복구 작업 중 충돌로 연결을 끝냅니다",
            "закрытие подключения из-за конфликта с процессом восстановления",
            "avslutar anslutning på grund av konflikt med återställning",
            "завершення підключення через конфлікт з процесом відновлення",
            "由于与恢复操作冲突，正在终止连接",
            "因與復原衝突，正在中斷連線",
        ),
    },
    "55P03": {
        "lock_timeout": (
            "storniere anfrage wegen zeitüberschreitung einer sperre",
            "cancelando la sentencia debido a que se agotó el tiempo de espera de candados (locks)",
            "annulation de la requête à cause du délai écoulé pour l'obtention des verrous",
            "annullamento dell'istruzione a causa di timeout di lock",
            "ロックのタイムアウトのためステートメントをキャンセルしています",
            "გამოსახულება გაუქმდება ბლოკის მოლოდინის ვადის ამოწურვის გამო",
            "잠금 대기 시간 초과로 작업을 취소합니다",
            "выполнение оператора отменено из-за тайм-аута блокировки",
            "avbryter sats på grund av lås-timeout",
            "виконання оператора скасовано через тайм-аут блокування",
            "由于锁超时，正在取消语句",
            "由於鎖定逾時，正在取消敘述",
        ),
    },
}
# What a level leaves of a code when no word or name says otherwise.
_REST: Mapping[tuple[str, str], str] = {
    # Of a session; a statement that names a database which is not there fails as an ERROR.
    ("3D000", "FATAL"): "database_missing",
    ("40001", "ERROR"): "serialization_failure",
    ("53100", "ERROR"): "disk_full",
    ("53100", "FATAL"): "disk_full",
    ("53100", "PANIC"): "disk_full",
    ("55P03", "ERROR"): "lock_not_available",
    ("57P01", "FATAL"): "terminated_by_administrator",
}
# Names that no language translates: of files, of segments of WAL, of settings.
_NAMES: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "53100": (
        ("shared_memory_file_full", re.compile("/PostgreSQL\\.")),
        ("wal_disk_full", re.compile("pg_wal/")),
    ),
    "53400": (("temp_file_limit_exceeded", re.compile(r"\btemp_file_limit\b")),),
    "58030": (("data_file_unreadable", re.compile(r"\b(?:base|global|pg_tblspc)/")),),
    "58P01": (("wal_segment_removed", re.compile(r"\A[^/]*\b[0-9A-F]{24}\b[^/]*\Z")),),
}
# What the HINT or DETAIL of 53200 names: a setting, or a memory context of the server.
_OF_MEMORY = (
    ("lock_table_full", re.compile(r"\bmax_locks_per_transaction")),
    ("predicate_lock_table_full", re.compile(r"\bmax_pred_locks_per_transaction")),
    ("backend_out_of_memory", re.compile(r"[\"«»„“「『]\s?[A-Z][a-z]+[A-Z][A-Za-z ]+\s?[\"«»“”」』]")),
)


def shared(code: str, level: str, text: str, notes: Callable[[], Iterable[str]]) -> tuple[str, ...]:
    """Return the incident that a line means by a code that has several; ``notes`` are its DETAIL and HINT."""
    for slug, name in _NAMES.get(code, ()):
        if name.search(text):
            return (slug,)
    if code == "53200":
        lines = list(notes())
        return tuple(slug for slug, name in _OF_MEMORY if any(map(name.search, lines)))[:1]
    said = text.lower()
    for slug, words in _WORDS.get(code, {}).items():
        if any(each in said for each in words):
            return (slug,)
    rest = _REST.get((code, level))
    return (rest,) if rest else ()
