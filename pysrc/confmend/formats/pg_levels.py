"""The words with which a PostgreSQL server begins a message, in every language that it is translated to.

The server translates them as it does the message (lc_messages), in the csv and JSON logs as well; the SQLSTATE is the
only thing that stays. The words are those of the catalogues in the server's source, src/backend/po; which of them stand
in a log is told by src/backend/utils/error/elog.c.
"""

from __future__ import annotations

from collections.abc import Mapping

# The lines that say more about the message before them.
NOTES = frozenset(("DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION", "BACKTRACE"))
_WORDS = {
    "LOG": "LOGG 日志 日誌 로그 СООБЩЕНИЕ ЗАПИСУВАННЯ DZIENNIK ჟურნალი ログ",
    "ERROR": "FEHLER ERREUR ERRORE FEL ERRO BŁĄD HATA ОШИБКА ПОМИЛКА 错误 錯誤 오류 შეცდომა エラー",
    "FATAL": "FATALE FATALT KATASTROFALNY ВАЖНО ФАТАЛЬНО 致命错误 致命錯誤 치명적오류 ფატალური",
    "PANIC": "PANIK PANICO PÂNICO PANIKA ПАНИКА ПАНІКА 灾难性错误 嚴重錯誤 손상 პანიკა",
    "WARNING": "WARNUNG ATTENTION ATTENZIONE VARNING AVISO OSTRZEŻENIE UYARI ПРЕДУПРЕЖДЕНИЕ ПОПЕРЕДЖЕННЯ 警告 경고 "
    "გაფრთხილება",
    "NOTICE": "HINWEIS NOTIFICA NOTIS NOTA UWAGA ЗАМЕЧАНИЕ ПОВІДОМЛЕННЯ 注意 알림",
    "INFO": "INFORMACJA ИНФОРМАЦИЯ ІНФОРМАЦІЯ 信息 資訊 정보 ინფორმაცია",
    "DEBUG": "DEPURAÇÃO ОТЛАДКА НАЛАГОДЖЕННЯ 调试 除錯 디버그 გამართვა",
    "DETAIL": "DÉTAIL DETALLE DETTAGLI DETALJ DETALHE SZCZEGÓŁY AYRINTI ПОДРОБНОСТИ ВІДОМОСТІ 詳細 详情 详细信息 詳情 "
    "상세정보 დეტალები",
    "HINT": "TIPP ASTUCE SUGGERIMENTO TIPS DICA PODPOWIEDŹ İPUCU ПОДСКАЗКА УКАЗІВКА ヒント 提示 힌트 მინიშნება",
    "QUERY": "ANFRAGE REQUÊTE CONSULTA FRÅGA ZAPYTANIE ЗАПРОС ЗАПИТ 問い合わせ 查询 查詢 쿼리 მოთხოვნა",
    "CONTEXT": "ZUSAMMENHANG CONTEXTE CONTEXTO CONTESTO KONTEXT KONTEKST КОНТЕКСТ 文脈 上下文 내용 კონტექსტი",
    "STATEMENT": "ANWEISUNG INSTRUCTION SENTENCIA ISTRUZIONE SATS COMANDO WYRAŻENIE ОПЕРАТОР ІНСТРУКЦІЯ "
    "文 语句 陳述式 ოპერატორი",
    "LOCATION": "ORT EMPLACEMENT UBICACIÓN POSIZIONE PLATS LOCAL POZYCJA ПОЛОЖЕНИЕ РОЗТАШУВАННЯ "
    "場所 位置 위치 მდებარეობა",
    "BACKTRACE": "СТЕК ВІДСТЕЖУВАТИ バックトレース 回溯 역추적 სტეკი",
}
# Every word that a server writes, and the English one that it stands for.
LEVELS: Mapping[str, str] = {
    **{word: english for english, words in _WORDS.items() for word in (english, *words.split())},
    **{f"DEBUG{number}": f"DEBUG{number}" for number in range(1, 6)},
    "명령 구문": "STATEMENT",
    "PILE D'APPEL": "BACKTRACE",
}
_ENGLISH = LEVELS.get
# The most frequent words first: LOG, then those of five and nine letters. French writes a space before its colon.
_LENGTHS = (3, 9, 5, 6, 7, 4, 8, *sorted({len(word) for word in LEVELS} - set(range(3, 10))))
# Other programs begin with these too; they write "INFO:     started", the server never more than its two spaces.
_EVERYBODYS = frozenset(("DEBUG", "INFO", "NOTICE", "WARNING", "ERROR"))


# Where a level starts, where its message does, and the English word for it.
Level = tuple[int, int, str]


def _before(text: str, colon: int, start: int) -> tuple[int, str] | None:
    """Return where the level that ends at ``colon`` starts, and the English word for it."""
    end = colon - 1 if text[colon - 1 : colon] == " " else colon
    for length in _LENGTHS:
        at = end - length
        if at >= start and (english := _ENGLISH(text[at:end])):
            before = text[at - 1] if at > start else " "
            if not before.isalpha() and before != "_":
                return at, english
    return None


def strong_level(text: str, start: int, stop: int) -> Level | None:
    """Find a level with the colon and two spaces behind it, as the server writes them.

    The two spaces may be gone from the end of a line, where an editor takes them.
    """
    colon = text.find(":  ", start, stop)
    while colon >= 0:
        found = _before(text, colon, start)
        if found and not (found[1] in _EVERYBODYS and text.startswith(" ", colon + 3)):
            return found[0], colon + 3, found[1]
        colon = text.find(":  ", colon + 1, stop)
    if text.endswith((":\n", ":\r\n")):
        colon = text.rfind(":")
        if start < colon < stop and (found := _before(text, colon, start)):
            return found[0], colon + 1, found[1]
    return None


def weak_level(text: str, start: int, stop: int) -> Level | None:
    """Find a level with one space behind its colon: chats and wikis take the other."""
    colon = text.find(": ", start, stop)
    while colon >= 0:
        if not text[colon + 2 : colon + 3].isspace() and (found := _before(text, colon, start)):
            return found[0], colon + 2, found[1]
        colon = text.find(": ", colon + 1, stop)
    return None
