"""Every text of the pages, English and Japanese, as data.

Japanese terms are those of the guide; where its translation errs, the correct term stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gmailsync.rules.standing import DirectionState, MailboxState


@dataclass(frozen=True, slots=True)
class StateWords:
    """A mailbox's state: in a word or two, and what it means for the next step."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class TroubleWords:
    """What happened and what to do. An empty one leaves it to the error's own words, which are English."""

    happened: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. `tag` is its language tag (BCP 47), `own_name` what its speakers call it."""

    tag: str
    own_name: str

    mailboxes: str
    introduction: str
    no_mailboxes: str
    mailbox: str
    state: str
    incoming: str
    outgoing: str
    action: str
    sign_in: str
    sign_in_again: str
    open_alerts: str
    other_port: str
    elsewhere: str

    signed_in: str
    signed_in_as: str
    ends: str
    next_step: str
    back: str

    refused: str
    happened: str
    to_do: str
    code: str
    details: str
    usual_advice: str

    languages: str
    states: Mapping[MailboxState, StateWords]
    directions: Mapping[DirectionState, str]
    troubles: Mapping[str, TroubleWords]


_SIGN_IN_LATER = "Nothing was stored. Sign in to Gmail again in a few minutes."
_REACH_GOOGLE = "Check that this machine reaches oauth2.googleapis.com, then sign in to Gmail again."

ENGLISH = Texts(
    tag="en",
    own_name="English",
    mailboxes="Mailboxes",
    introduction="Each owner signs in to Gmail once. Then the mailbox can be tested and enabled.",
    no_mailboxes="There is no mailbox yet. An administrator makes one: gmailsync mailbox add ADDRESS",
    mailbox="Mailbox",
    state="State",
    incoming="Incoming email",
    outgoing="Outgoing email",
    action="Sign-in",
    sign_in="Sign in to Gmail",
    sign_in_again="Sign in to Gmail again",
    open_alerts="Open alerts: {count}",
    other_port="Server profile {profile}: Google sends the browser back to {redirect_uri}, but this page "
    "listens on port "
    "{port}. Start it with --port {wanted}, or correct the profile's environment and the redirect URI in the Google "
    "console.",
    elsewhere="Server profile {profile}: Google sends the browser back to {redirect_uri}, which is not this "
    "page. Finish the "
    "sign-in with the address shown there: gmailsync mailbox sign-in ADDRESS --response URL",
    signed_in="Signed in",
    signed_in_as="{address} is signed in to Gmail. This window can be closed.",
    ends="Google ends this sign-in on {day} (UTC). It does so after seven days while the app is in Testing.",
    next_step="Next step",
    back="Back to the mailboxes",
    refused="That did not work",
    happened="What happened",
    to_do="What to do",
    code="Code for support",
    details="Details",
    usual_advice="Start again from the list of mailboxes. If it happens again, give the code to your system "
    "administrator.",
    languages="Language",
    states={
        MailboxState.NO_PROFILE: StateWords(
            "No server profile", "A system administrator has to choose a server profile for this mailbox."
        ),
        MailboxState.PROFILE_INACTIVE: StateWords(
            "Server profile not active", "A system administrator has to activate the server profile."
        ),
        MailboxState.NOT_SIGNED_IN: StateWords("Not signed in", "The owner has to sign in to Gmail."),
        MailboxState.NOT_APPROVED: StateWords(
            "Signed in, not approved", "A system administrator has to approve the address."
        ),
        MailboxState.NOT_ENABLED: StateWords("Signed in, not enabled", "The mailbox has to be tested and enabled."),
        MailboxState.ALERT: StateWords("Needs attention", "Something went wrong; the alerts say what to do."),
        MailboxState.HEALTHY: StateWords("Works", "Mail is kept in step. There is nothing to do."),
    },
    directions={
        DirectionState.NONE: "None",
        DirectionState.NOT_TESTED: "Not tested",
        DirectionState.TEST_FAILED: "Test failed",
        DirectionState.TEST_PASSED: "Test passed, not enabled",
        DirectionState.ENABLED: "Enabled",
    },
    troubles={
        "internal": TroubleWords("A fault of gmailsync itself; nothing is known to be wrong with the mailbox."),
        "input": TroubleWords("This is not an answer of Google's consent page."),
        "input.not-found": TroubleWords("There is no such mailbox here; it may have been removed meanwhile."),
        "sign-in.unknown-state": TroubleWords(
            "This answer of Google has been used already, is older than ten minutes, or belongs to another sign-in. "
            "Nothing was changed.",
            "If you have just signed in, all is well: the list of mailboxes shows it. Otherwise sign in to "
            "Gmail again.",
        ),
        "network": TroubleWords(advice=_SIGN_IN_LATER),
        "network.host-not-found": TroubleWords(advice=_REACH_GOOGLE),
        "network.connect-failed": TroubleWords(advice=_REACH_GOOGLE),
        "network.tls-failed": TroubleWords(advice=_REACH_GOOGLE),
        "network.connection-lost": TroubleWords(advice=_SIGN_IN_LATER),
        "oauth.unavailable": TroubleWords(advice=_SIGN_IN_LATER),
    },
)

_LATER_JA = "何も保存されていません。数分後にもう一度 Gmail にログインしてください。"
_REACH_GOOGLE_JA = (
    "このコンピューターから oauth2.googleapis.com に接続できることを確認し、もう一度 Gmail にログインしてください。"
)
_AGAIN_JA = "もう一度 Gmail にログインしてください。"
_ADMINISTRATOR_JA = "システム管理者にコードを伝えてください。"

JAPANESE = Texts(
    tag="ja",
    own_name="日本語",
    mailboxes="メールボックス",
    introduction="各ユーザーは Gmail に一度だけログインします。その後、メールボックスをテストして有効にできます。",
    no_mailboxes="メールボックスはまだありません。システム管理者が作成します: gmailsync mailbox add ADDRESS",
    mailbox="メールボックス",
    state="状態",
    incoming="受信メール",
    outgoing="送信メール",
    action="ログイン",
    sign_in="Gmail にログイン",
    sign_in_again="Gmail に再度ログイン",
    open_alerts="未解決のアラート: {count} 件",
    other_port="サーバー プロファイル {profile}: Google はブラウザーを {redirect_uri} に戻しますが、"
    "このページのポートは {port} です。"
    "--port {wanted} を指定して起動するか、プロファイルの環境と Google のコンソールのリダイレクト URI "
    "を修正してください。",
    elsewhere="サーバー プロファイル {profile}: Google はブラウザーを {redirect_uri} に戻します。"
    "これはこのページではありません。"
    "そこに表示されるアドレスでログインを完了してください: gmailsync mailbox sign-in ADDRESS --response URL",
    signed_in="ログインしました",
    signed_in_as="{address} は Gmail にログインしました。このウィンドウは閉じてかまいません。",
    ends="このログインは Google により {day} (UTC) に終了します。アプリがテスト中の間は 7 日で終了します。",
    next_step="次の手順",
    back="メールボックスの一覧に戻る",
    refused="処理を完了できませんでした",
    happened="起きたこと",
    to_do="対処方法",
    code="サポート用コード",
    details="詳細 (英語)",
    usual_advice="メールボックスの一覧からやり直してください。繰り返し起きる場合は、"
    "システム管理者にコードを伝えてください。",
    languages="言語",
    states={
        MailboxState.NO_PROFILE: StateWords(
            "サーバー プロファイルなし",
            "システム管理者がこのメールボックスのサーバー プロファイルを選択する必要があります。",
        ),
        MailboxState.PROFILE_INACTIVE: StateWords(
            "サーバー プロファイルが無効", "システム管理者がサーバー プロファイルを有効にする必要があります。"
        ),
        MailboxState.NOT_SIGNED_IN: StateWords(
            "未ログイン", "メールボックスのユーザーが Gmail にログインする必要があります。"
        ),
        MailboxState.NOT_APPROVED: StateWords(
            "ログイン済み、未承認", "システム管理者が電子メール アドレスを承認する必要があります。"
        ),
        MailboxState.NOT_ENABLED: StateWords(
            "ログイン済み、未有効化", "メールボックスをテストして有効にする必要があります。"
        ),
        MailboxState.ALERT: StateWords("要確認", "問題が起きました。対処方法はアラートにあります。"),
        MailboxState.HEALTHY: StateWords("正常", "メールは同期されています。必要な操作はありません。"),
    },
    directions={
        DirectionState.NONE: "なし",
        DirectionState.NOT_TESTED: "テスト未実行",
        DirectionState.TEST_FAILED: "テスト失敗",
        DirectionState.TEST_PASSED: "テスト成功、未有効化",
        DirectionState.ENABLED: "有効",
    },
    troubles={
        "internal": TroubleWords("gmailsync 自体に不具合が起きました。メールボックスに問題があるとは限りません。"),
        "input": TroubleWords("これは Google の承認ページからの応答ではありません。"),
        "input.not-found": TroubleWords("そのメールボックスはありません。その間に削除された可能性があります。"),
        "store": TroubleWords("データベースを使用できません。何も変更されていません。", _ADMINISTRATOR_JA),
        "store.wrong-key": TroubleWords(
            "この鍵ではデータベースの秘密情報を開けません。",
            "このデータベースの作成に使った鍵ファイル (または GMAILSYNC_KEY) を使用してください。",
        ),
        "store.too-new": TroubleWords(
            "データベースはより新しい gmailsync で作成されました。", "新しい gmailsync をインストールしてください。"
        ),
        "store.too-old": TroubleWords("データベースの更新が必要です。", "実行してください: gmailsync db upgrade"),
        "network": TroubleWords("Google との通信に失敗しました。", _LATER_JA),
        "network.host-not-found": TroubleWords("Google のホスト名が見つかりません。", _REACH_GOOGLE_JA),
        "network.connect-failed": TroubleWords("Google に接続できません。", _REACH_GOOGLE_JA),
        "network.tls-failed": TroubleWords("Google との安全な接続を確立できません。", _REACH_GOOGLE_JA),
        "network.connection-lost": TroubleWords("Google との接続が途中で切れました。", _LATER_JA),
        "oauth": TroubleWords("Google がログインを拒否しました。", _ADMINISTRATOR_JA),
        "oauth.unavailable": TroubleWords("Google は一時的に応答できません。", _LATER_JA),
        "oauth.grant-dead": TroubleWords("以前の承認は無効になりました。", _AGAIN_JA),
        "oauth.grant-ending": TroubleWords("承認はまもなく無効になります。", _AGAIN_JA),
        "oauth.client-refused": TroubleWords(
            "Google がクライアント ID またはクライアント シークレットを受け付けません。",
            "Google のコンソールからクライアント ID と有効なクライアント シークレットをサーバー "
            "プロファイルにコピーしてください。",
        ),
        "oauth.code-refused": TroubleWords(
            "認証コードを使用できません。使用済み、期限切れ、または別のログインのものです。",
            f"{_AGAIN_JA}コードは一度だけ、数分間有効です。",
        ),
        "oauth.admin-policy": TroubleWords(
            "Google Workspace の管理者がこのアプリを許可していません。",
            "管理コンソール > セキュリティ > API の制御 > アプリのアクセス制御で、クライアント ID "
            "を信頼済みにしてください。",
        ),
        "sign-in": TroubleWords("Google から戻った内容を使用できません。何も保存されていません。", _AGAIN_JA),
        "sign-in.denied": TroubleWords(
            "Google の承認ページで同意されませんでした。", f"{_AGAIN_JA}承認ページで [続行] を押してください。"
        ),
        "sign-in.unknown-state": TroubleWords(
            "Google からのこの応答は使用済みか、10 分以上前のものか、別のログインのものです。何も変更されていません。",
            "ログインした直後であれば問題ありません。メールボックスの一覧で確認できます。そうでなければ、"
            "もう一度 Gmail にログインしてください。",
        ),
        "sign-in.no-refresh-token": TroubleWords(
            "Google から更新トークンが返されませんでした。このままでは同期が 1 時間で止まります。",
            "myaccount.google.com/permissions でアプリを削除し、もう一度 Gmail にログインしてください。",
        ),
        "sign-in.missing-mail-scope": TroubleWords(
            "Gmail のチェック ボックスがオフのままでした。",
            f"{_AGAIN_JA}Gmail のチェック ボックスをオンにしてください。",
        ),
        "sign-in.wrong-account": TroubleWords(
            "メールボックスとは別の Google アカウントでログインしました。",
            "メールボックスの Google アカウントでもう一度ログインしてください (必要に応じてプライベート "
            "ウィンドウを使用)。",
        ),
        "mailbox.not-ready": TroubleWords(
            "メールボックスはまだログインできる状態ではありません。", "システム管理者に詳細を伝えてください。"
        ),
        "web": TroubleWords("このページでは、この要求を受け付けません。"),
        "web.no-such-page": TroubleWords("ページが見つかりません。", "メールボックスの一覧に戻ってください。"),
        "web.wrong-host": TroubleWords(
            "このコンピューター以外の名前でページが要求されました。別のウェブサイトが関わっている可能性があります。",
            "gmailsync web が表示したポートで http://localhost を開いてください。",
        ),
        "web.stale-form": TroubleWords(
            "押されたボタンは、このページが起動してからこのブラウザーに渡したものではありません。",
            "メールボックスの一覧を開き直し、そこでボタンを押してください。",
        ),
    },
)

LANGUAGES = {texts.tag: texts for texts in (ENGLISH, JAPANESE)}
