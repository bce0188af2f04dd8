"""What errors and alerts say in Japanese, by their codes."""

from __future__ import annotations

from gmailsync.web.texts import TroubleWords

_LATER = "何も保存されていません。数分後にもう一度 Gmail にログインしてください。"
_REACH_GOOGLE = (
    "このコンピューターから oauth2.googleapis.com に接続できることを確認し、もう一度 Gmail にログインしてください。"
)
_AGAIN = "もう一度 Gmail にログインしてください。"
_ADMINISTRATOR = "システム管理者にコードを伝えてください。"
_BY_ITSELF = "操作は不要です。自動的に再試行されます。"

TROUBLES = {
    "internal": TroubleWords("gmailsync 自体に不具合が起きました。メールボックスに問題があるとは限りません。"),
    "input": TroubleWords("これは Google の承認ページからの応答ではありません。"),
    "input.not-found": TroubleWords("そのメールボックスはありません。その間に削除された可能性があります。"),
    "store": TroubleWords("データベースを使用できません。何も変更されていません。", _ADMINISTRATOR),
    "store.wrong-key": TroubleWords(
        "この鍵ではデータベースの秘密情報を開けません。",
        "このデータベースの作成に使った鍵ファイル (または GMAILSYNC_KEY) を使用してください。",
    ),
    "store.too-new": TroubleWords(
        "データベースはより新しい gmailsync で作成されました。", "新しい gmailsync をインストールしてください。"
    ),
    "store.too-old": TroubleWords("データベースの更新が必要です。", "実行してください: gmailsync db upgrade"),
    "network": TroubleWords("Google との通信に失敗しました。", _LATER),
    "network.host-not-found": TroubleWords("Google のホスト名が見つかりません。", _REACH_GOOGLE),
    "network.connect-failed": TroubleWords("Google に接続できません。", _REACH_GOOGLE),
    "network.tls-failed": TroubleWords("Google との安全な接続を確立できません。", _REACH_GOOGLE),
    "network.connection-lost": TroubleWords("Google との接続が途中で切れました。", _LATER),
    "oauth": TroubleWords("Google がログインを拒否しました。", _ADMINISTRATOR),
    "oauth.unavailable": TroubleWords("Google は一時的に応答できません。", _LATER),
    "oauth.grant-dead": TroubleWords("以前の承認は無効になりました。", _AGAIN),
    "oauth.grant-ending": TroubleWords("承認はまもなく無効になります。", _AGAIN),
    "oauth.token-limit": TroubleWords(
        "この Google アカウントとクライアントの更新トークンが Google の上限 (100 個) に近づいています。上限を超えると、"
        "最も古い接続が通知なしに無効になります。",
        "メールボックスをログアウトし (gmailsync mailbox sign-out ADDRESS)、一度だけログインし直してください。"
        "同じアカウントとクライアントを使う他の接続も、再度ログインが必要になります。",
    ),
    "oauth.client-refused": TroubleWords(
        "Google がクライアント ID またはクライアント シークレットを受け付けません。",
        "Google のコンソールからクライアント ID と有効なクライアント シークレットをサーバー "
        "プロファイルにコピーしてください。",
    ),
    "oauth.code-refused": TroubleWords(
        "認証コードを使用できません。使用済み、期限切れ、または別のログインのものです。",
        f"{_AGAIN}コードは一度だけ、数分間有効です。",
    ),
    "oauth.admin-policy": TroubleWords(
        "Google Workspace の管理者がこのアプリを許可していません。",
        "管理コンソール > セキュリティ > API の制御 > アプリのアクセス制御で、クライアント ID "
        "を信頼済みにしてください。",
    ),
    "sign-in": TroubleWords("Google から戻った内容を使用できません。何も保存されていません。", _AGAIN),
    "sign-in.denied": TroubleWords(
        "Google の承認ページで同意されませんでした。", f"{_AGAIN}承認ページで [続行] を押してください。"
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
        f"{_AGAIN}Gmail のチェック ボックスをオンにしてください。",
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
}
"""What a sign-in can end with, and what the pages refuse."""

ALERTS = {
    "internal": TroubleWords("gmailsync 自体に不具合が起きました。", _ADMINISTRATOR),
    "input": TroubleWords("設定された値を使用できません。", _ADMINISTRATOR),
    "network": TroubleWords("Google との通信に失敗しました。", _BY_ITSELF),
    "network.host-not-found": TroubleWords(
        "サーバーのホスト名が見つかりません。",
        "名前解決と、サーバー プロファイルの場所 (imap.gmail.com、pop.gmail.com、smtp.gmail.com) を確認してください。",
    ),
    "network.connect-failed": TroubleWords(
        "サーバーに接続できません。",
        "サーバー プロファイルのポート (IMAP 993、POP 995、SMTP 587 または 465) とファイアウォールを確認してください。",
    ),
    "network.tls-failed": TroubleWords(
        "サーバーとの安全な接続を確立できません。",
        "ポートと、プロキシが TLS を検査していないかどうかを確認してください。",
    ),
    "network.connection-lost": TroubleWords("サーバーとの接続が途中で切れました。", _BY_ITSELF),
    "oauth.unavailable": TroubleWords("Google は一時的に応答できません。", _BY_ITSELF),
    "sign-in.missing": TroubleWords("まだ Gmail にログインしていません。", "Gmail にログインしてください。"),
    "mailbox.not-ready": TroubleWords("メールボックスはまだ同期できる状態ではありません。", _ADMINISTRATOR),
    "mail": TroubleWords("Gmail が要求を拒否しました。", _BY_ITSELF),
    "mail.token-refused": TroubleWords(
        "Gmail がこのアドレスのアクセス トークンを受け付けません。",
        f"{_AGAIN}Gmail のチェック ボックスをオンにし、メールボックスの Google アカウントを使用してください。",
    ),
    "mail.no-gmail": TroubleWords(
        "この Google アカウントでは Gmail を使用できません。",
        "ユーザーに Gmail のライセンスを割り当てるか、正しいアカウントでログインしてください。",
    ),
    "mail.throttled": TroubleWords("Gmail の制限に達しました。", "お待ちください。24 時間以内に再開されます。"),
    "imap.disabled": TroubleWords(
        "IMAP が無効です。",
        "Gmail の設定 (メール転送と POP/IMAP) または管理コンソールで IMAP を有効にしてください。",
    ),
    "imap.too-many-connections": TroubleWords(
        "このアカウントの IMAP 接続が多すぎます。", f"他のメール プログラムを終了してください。{_BY_ITSELF}"
    ),
    "imap.folder-missing": TroubleWords("Gmail にそのフォルダーがありません。", _ADMINISTRATOR),
    "imap.refused": TroubleWords("Gmail の IMAP サーバーがコマンドを拒否しました。", _BY_ITSELF),
    "message.failed": TroubleWords(
        "取得できない、または読み取れないメッセージがあります。他のメッセージの同期は続きます。",
        f"{_BY_ITSELF}一覧: gmailsync email failures",
    ),
    "message.withheld": TroubleWords(
        "Gmail の一覧にあるメッセージを取得できません。",
        "状態が続く場合は、Gmail でメッセージを移動するか、gmailsync email give-up で取得を打ち切ってください。",
    ),
    "message.unreadable": TroubleWords(
        "メッセージを読み取れません。gmailsync の不具合です。メッセージの内容は保存されています。",
        "システム管理者に伝えてください。読み取れる版で電子メールになります。",
    ),
    "pop.disabled": TroubleWords(
        "POP が無効です。",
        "Gmail の設定 (メール転送と POP/IMAP) または管理コンソールで POP を有効にしてください。",
    ),
    "pop.in-use": TroubleWords(
        "別のプログラムがこのアカウントを POP で読み取っています。",
        f"他のメール プログラムを終了してください。{_BY_ITSELF}",
    ),
    "pop.too-soon": TroubleWords("前回の POP 接続から 5 分経過していません。", _BY_ITSELF),
    "pop.refused": TroubleWords("Gmail の POP サーバーがコマンドを拒否しました。", _BY_ITSELF),
    "smtp": TroubleWords("Gmail の SMTP サーバーが電子メールを拒否しました。", _ADMINISTRATOR),
    "smtp.deferred": TroubleWords("Gmail は電子メールをまだ受け付けていません。", _BY_ITSELF),
    "smtp.rejected": TroubleWords(
        "Gmail が電子メールを拒否しました。", "サーバーの応答を確認し、電子メールを修正して送信し直してください。"
    ),
    "smtp.in-doubt": TroubleWords(
        "電子メールが送信されたかどうかわかりません。",
        "操作は不要です。再試行の前に Gmail の送信済みフォルダーが確認されます。",
    ),
    "test.message-missing": TroubleWords(
        "テスト メッセージが時間内に受信トレイに届きませんでした。",
        "受信トレイをスキップする Gmail のフィルターを確認し、テストを再実行してください。",
    ),
}
"""What other work on a mailbox can end with, and what an error of the same code means there."""
