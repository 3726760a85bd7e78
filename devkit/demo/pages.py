# SPDX-License-Identifier: Apache-2.0
"""The form and the mail of one case as pages, to look at in a browser: what an approver sees without any Dify."""

from html import escape
from pathlib import Path
from string import Template

from devkit.demo.scenario import ModelIs, read_cases
from devkit.demo.world import running_world
from devkit.engine import Form

_CASE = 3  # a large one, which a manager passes up
_PAGE = Template("""\
<!doctype html>
<meta charset="utf-8">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1f2933; --dim: #52606d; --line: #b8c2cc; --ground: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --dim: #9aa5b1; --line: #52606d; --ground: #14181f; }
}
body { margin: 24px auto; max-width: 640px; font: 15px/1.55 Helvetica, Arial, sans-serif; }
body { color: var(--ink); background: var(--ground); }
header { color: var(--dim); border-bottom: 1px solid var(--line); margin-bottom: 16px; padding-bottom: 10px; }
header b { color: var(--ink); }
textarea { display: block; box-sizing: border-box; width: 100%; height: 44px; background: var(--ground); }
textarea { border: 1px solid var(--line); border-radius: 8px; }
p { margin: 8px 0; }
ul { margin: 4px 0; }
.button { display: inline-block; margin: 16px 8px 0 0; padding: 8px 18px; }
.button { border: 1px solid var(--line); border-radius: 8px; }
.button:first-child { background: #155aef; border-color: #155aef; color: #fff; }
</style>
<header>$head</header>
$body
""")


def write_pages(folder: Path) -> list[Path]:
    """Write `form.html` and `mail.html` for the second level of one case. Raises OSError."""
    form = _second_form()
    mail = form.mail
    buttons = "".join(f'<span class="button">{escape(title)}</span>' for title in form.actions.values())
    to = f"To: <b>{escape(', '.join(mail.recipients))}</b><br>Subject: <b>{escape(mail.subject)}</b>"
    pages = {
        "form.html": _PAGE.substitute(
            title=escape(form.title),
            head=f"<b>{escape(form.title)}</b>",
            body=f"{form.html}<div>{buttons}</div>",
        ),
        "mail.html": _PAGE.substitute(title="Mail", head=to, body=mail.html),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in pages]


def _second_form() -> Form:
    case = read_cases()[_CASE]
    with running_world() as world:
        run = world.runner(ModelIs.UP).start(world.workflow, case.form)
        first = case.decisions[0]
        answer = {"approver": first.approver, "comment": first.comment}
        run.submit(run.pending_forms[0].node_id, first.action, answer)
        return run.pending_forms[0]
