"""The pages in Japanese.

Every translation here is ours: a stand-in, because Google's own Japanese sentences are not in
google.md. Codes and names of parameters are never translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fakes.oauth.authorize import CLIENT_NOT_FOUND, NOT_REGISTERED, POLICY
from fakes.oauth.policies import RESTRICTED

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        # every page
        "Sign in - Google Accounts": "ログイン - Google アカウント",
        "Simulated Google: not the real service.": "Google のシミュレーションです。実際のサービスではありません。",
        # account chooser
        "Choose an account": "アカウントの選択",
        "to continue to {app}": "「{app}」に移動",
        "Accounts": "アカウント",
        "Next": "次へ",
        "No account is signed in to this browser.": "このブラウザでログインしているアカウントはありません。",
        # unverified app
        "Google hasn't verified this app": "このアプリは Google で確認されていません",
        (
            "You've been given access to an app that's currently being tested. You should only continue if you know "
            "the developer that invited you."
        ): (
            "現在テスト中のアプリへのアクセス権が付与されています。招待した開発者を知っている場合にのみ続行してください。"
        ),
        (
            "The app is requesting access to sensitive info in your Google Account. Until the developer ({email}) "
            "verifies this app with Google, you shouldn't use it."
        ): (
            "アプリが Google アカウントのプライベートな情報へのアクセスを求めています。開発者（{email}）が Google に"
            "アプリの確認を受けるまで、使用しないでください。"
        ),
        "If you're the developer, submit a verification request to remove this screen.": (
            "開発者の方は、確認リクエストを送信するとこの画面を非表示にできます。"
        ),
        "Back to safety": "安全なページに戻る",
        "Advanced": "詳細",
        "Continue only if you understand the risks and trust the developer ({email}).": (
            "リスクを理解し、開発者（{email}）を信頼できる場合にのみ続行してください。"
        ),
        "Go to {app} (unsafe)": "{app}（安全ではないページ）に移動",
        # consent
        "{app} wants access to your Google Account": "{app} が Google アカウントへのアクセスを求めています",
        "Select what {app} can access": "{app} がアクセスできる情報を選択してください",
        "{app} will be able to:": "{app} に次の操作を許可します:",
        "Cancel": "キャンセル",
        "Continue": "続行",
        # errors
        "Error {status}: {code}": "エラー {status}: {code}",
        "Error {status}: {code} - Google Accounts": "エラー {status}: {code} - Google アカウント",
        "Access blocked: {reason}": "アクセスをブロック: {reason}",
        "This app's request is invalid": "このアプリのリクエストは無効です",
        "{app} has not completed the Google verification process": "{app} は Google の審査プロセスを完了していません",
        "{app}'s request does not comply with Google's policies": (
            "{app} のリクエストは Google のポリシーに準拠していません"
        ),
        "{app} can only be used within its organization": "{app} は組織内でのみ使用できます",
        "Authorization Error": "認証エラー",
        "this app": "このアプリ",
        (
            "You can't sign in because this app sent an invalid request. You can try again later, or contact the "
            "developer about this issue."
        ): (
            "このアプリが無効なリクエストを送信したため、ログインできません。しばらくしてからもう一度お試しいただくか、"
            "この問題についてデベロッパーにお問い合わせください。"
        ),
        "If you're the app developer, make sure that these request details comply with Google policies.": (
            "アプリのデベロッパーの場合は、これらのリクエストの詳細が Google のポリシーに準拠していることを"
            "確認してください。"
        ),
        "Learn more about this error": "このエラーの詳細",
        "If you are a developer of {app}, see error details.": (
            "デベロッパーの方（{app}）は、エラーの詳細をご覧ください。"
        ),
        "Request details:": "リクエストの詳細:",
        "This app is blocked": "このアプリはブロックされています",
        (
            "This app tried to access sensitive info in your Google Account. To keep your account safe, Google "
            "blocked this access."
        ): (
            "このアプリは Google アカウントの機密情報にアクセスしようとしました。アカウントを保護するため、"
            "Google はこのアクセスをブロックしました。"
        ),
        "400. That's an error.": "400. エラーが発生しました。",
        "404. That's an error.": "404. エラーが発生しました。",
        "The server cannot process the request.": "サーバーはリクエストを処理できません。",
        "The requested URL {path} was not found on this server. That's all we know.": (
            "リクエストされた URL {path} はこのサーバーで見つかりませんでした。"
        ),
        "This sign-in is over or unknown. Start again from the app.": (
            "このログインは終了したか、不明です。アプリからやり直してください。"
        ),
        # scopes
        "Associate you with your personal info on Google": (
            "Google で公開されているお客様の個人情報とお客様を関連付ける"
        ),
        "See your primary Google Account email address": "Google アカウントのメインのメールアドレスの参照",
        "See your personal info, including any personal info you've made publicly available": (
            "ユーザーの個人情報の表示（ユーザーが一般公開しているすべての個人情報を含む）"
        ),
        "Read, compose, send, and permanently delete all your email from Gmail": (
            "Gmail のすべてのメールの閲覧、作成、送信、完全な削除"
        ),
        "Read, compose, and send emails from your Gmail account": "Gmail アカウントのメールの閲覧、作成、送信",
        "View your email messages and settings": "メール メッセージと設定の表示",
        "Manage drafts and send emails": "下書きの管理とメールの送信",
        "Send email on your behalf": "ユーザーに代わってメールを送信",
        "Add emails into your Gmail mailbox": "Gmail のメールボックスにメールを追加",
        "See and edit your email labels": "メールラベルの参照と編集",
        "View your email message metadata such as labels and headers, but not the email body": (
            "ラベルやヘッダーなどのメールのメタデータの表示（メールの本文は除く）"
        ),
        "See, edit, create, or change your email settings and filters in Gmail": (
            "Gmail のメール設定とフィルタの参照、編集、作成、変更"
        ),
        "Manage your sensitive mail settings, including who can manage your mail": (
            "メールの機密設定の管理（メールを管理できるユーザーの設定を含む）"
        ),
        "See, edit, configure, and delete your Google Cloud data and see the email address for your Google Account.": (
            "Google Cloud のデータの参照、編集、構成、削除、Google アカウントのメールアドレスの参照"
        ),
        "View your data across Google Cloud services and see the email address of your Google Account": (
            "Google Cloud サービス全体のデータの参照と、Google アカウントのメールアドレスの参照"
        ),
    }
)
"""The sentences of the pages; a value in braces is filled in."""

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        POLICY: (
            "\nこのアプリは、アプリの安全を確保するための Google の OAuth 2.0 ポリシーに準拠していないため、"
            "ログインできません。"
            "\n\nこのアプリが Google の検証ルールに準拠していないことをデベロッパーに連絡できます。"
        ),
        NOT_REGISTERED: (
            "\nこのアプリは Google の OAuth 2.0 ポリシーに準拠していないため、ログインできません。"
            "\n\nアプリのデベロッパーの場合は、Google Cloud Console でリダイレクト URI を登録してください。"
        ),
        CLIENT_NOT_FOUND: "OAuth クライアントが見つかりませんでした。",
        "The OAuth client was deleted.": "OAuth クライアントが削除されました。",
        "The OAuth client was disabled.": "OAuth クライアントが無効になりました。",
        RESTRICTED: (
            "アカウント データへのアクセスは、組織内のポリシーによって制限されています。"
            "詳しくは、組織の管理者にお問い合わせください。"
        ),
        "This client is restricted to users within its organization.": (
            "このクライアントは組織内のユーザーに限定されています。"
        ),
        (
            "{app} has not completed the Google verification process. The app is currently being tested, and can only "
            "be accessed by developer-approved testers. If you think you should have access, contact the developer."
        ): (
            "{app} は Google の審査プロセスを完了していません。このアプリは現在テスト中で、デベロッパーに承認された"
            "テスターのみがアクセスできます。アクセス権が必要な場合は、デベロッパーにお問い合わせください。"
        ),
        (
            "{app}'s request does not comply with Google's \"Use secure browsers\" policy. If this app has a website, "
            "you can open a web browser and try signing in from there. If you are attempting to access a wireless "
            "network, please follow these instructions."
        ): (
            "{app} のリクエストは Google の「安全なブラウザの使用」に関するポリシーに準拠していません。このアプリの"
            "ウェブサイトがある場合は、ウェブブラウザを開いてログインしてみてください。"
            "ワイヤレス ネットワークにアクセスしようとしている場合は、こちらの手順に沿って操作してください。"
        ),
        "Missing required parameter: {name}": "必須パラメータがありません: {name}",
        "Required parameter is missing: {name}": "必須パラメータがありません: {name}",
        "Invalid response_type: {value}": "response_type が無効です: {value}",
        "Invalid parameter value for {name}: {fault}": "パラメータ {name} の値が無効です: {fault}",
        "device_id and device_name are required for private IP: {uri}": (
            "プライベート IP には device_id と device_name が必要です: {uri}"
        ),
        "Some requested scopes were invalid. {scopes}": "リクエストされたスコープの一部が無効です。{scopes}",
    }
)
"""The messages of errors; `{name}` stands for whatever the message has there. Those of a policy begin a line below."""
