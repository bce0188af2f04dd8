"""The pages in Japanese; the words for errors and alerts are in `gmailsync.web.japanese_troubles`.

Terms are those of the guide; where its translation errs, the correct term stands here.
"""

from __future__ import annotations

from gmailsync.rules.grant_death import Cause
from gmailsync.rules.standing import DirectionState, MailboxState
from gmailsync.web.japanese_troubles import ALERTS, TROUBLES
from gmailsync.web.texts import EndWords, StateWords, Texts

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
    open_alerts="{address} の未解決のアラート",
    other_port="サーバー プロファイル {profile}: Google はブラウザーを {redirect_uri} に戻しますが、"
    "このページのポートは {port} です。"
    "--port {wanted} を指定して起動するか、プロファイルの環境と Google のコンソールのリダイレクト URI "
    "を修正してください。",
    elsewhere="サーバー プロファイル {profile}: Google はブラウザーを {redirect_uri} に戻します。"
    "これはこのページではありません。"
    "そこに表示されるアドレスでログインを完了してください: gmailsync mailbox sign-in ADDRESS --response URL",
    signed_in="ログインしました",
    signed_in_as="{address} は Gmail にログインしました。このウィンドウは閉じてかまいません。",
    ends="このログインは Google により {day} (UTC) に終了します。{because}。",
    ended="このログインは Google により {day} (UTC) に終了しました。{because}。",
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
    ends_because={
        Cause.TESTING: EndWords(
            "アプリの公開ステータスが「テスト中」の間、承認は 7 日で無効になります",
            "アプリを公開するか (Google Auth Platform > 対象)、内部にするか、Google Workspace "
            "の管理者に信頼済みにしてもらい、もう一度 Gmail にログインしてください。",
        ),
        Cause.TIME_LIMITED: EndWords(
            "ユーザーが期限付きでアクセスを許可しました", "期限を付けずに、もう一度 Gmail にログインしてください。"
        ),
        Cause.UNUSED: EndWords(
            "6 か月間使用されない承認は Google により無効になります",
            "メールボックスをテストするか有効にしてください。不要なメールボックスは削除してください。",
        ),
    },
    troubles=TROUBLES,
    alerts=ALERTS,
)
