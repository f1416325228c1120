from django.contrib import admin
from django.contrib.sitemaps import views as sitemaps
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView

from accounts import my_data, preferences, private, saved_views, shown_mails
from accounts import views as accounts
from accounts.overview import overview
from accounts.unsubscribe import unsubscribe
from calls import feeds, take_along
from calls import views as calls
from calls.api import api
from calls.desk import preview
from calls.desk.empty_searches import nothing_found
from calls.finder import call_list
from calls.open_data import open_data
from portal import views
from portal.metrics import metrics
from portal.sitemaps import SITEMAPS

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("oproepen/", call_list, name="calls"),
    path("oproepen/kalender.ics", take_along.calls_ics, name="calls-ics"),
    path("oproepen/feed.atom", feeds.calls_atom, name="calls-atom"),
    path("oproepen/oproepen.csv", take_along.calls_csv, name="calls-csv"),
    path("oproepen/oproepen.json", take_along.calls_json, name="calls-json"),
    path("oproepen/gevolgde-themas/", accounts.followed_calls, name="calls-followed"),
    path("oproepen/zoekopdracht-bewaren/", saved_views.save_search, name="save-search"),
    path("oproepen/niets-gevonden/", nothing_found, name="nothing-found"),
    path("oproepen/<slug:slug>/", calls.CallPage.as_view(), name="call"),
    path("oproepen/<slug:slug>/bewaren/", saved_views.call_choices, name="call-choices"),
    path("oproepen/<slug:slug>/herinneringen/", saved_views.call_reminders, name="call-reminders"),
    path("oproepen/<slug:slug>/kalender.ics", take_along.call_ics, name="call-ics"),
    path("oproepen/<slug:slug>/bijlagen/<int:pk>/", calls.document, name="document"),
    path("fondsen/", calls.FundList.as_view(), name="funds"),
    path("fondsen/<slug:slug>/", calls.FundPage.as_view(), name="fund"),
    path("fondsen/<slug:slug>/feed.atom", feeds.fund_atom, name="fund-atom"),
    path("themas/", calls.ThemeList.as_view(), name="themes"),
    path("themas/<slug:slug>/", calls.ThemePage.as_view(), name="theme"),
    path("themas/<slug:slug>/volgen/", accounts.follow, name="follow"),
    path("themas/<slug:slug>/feed.atom", feeds.theme_atom, name="theme-atom"),
    path("mijn/", accounts.mine, name="mine"),
    path("bewaard/", accounts.saved, name="saved"),
    path("mijn/voorkeuren/", preferences.preferences, name="preferences"),
    path("mijn/voorkeuren/voorbeeld/", preferences.digest_preview, name="digest-preview"),
    path("mijn/voorkeuren/adres/", preferences.retry_address, name="retry-address"),
    path("mijn/agenda/", private.private_addresses, name="private-addresses"),
    path("mijn/gegevens/", my_data.my_data, name="my-data"),
    path("mijn/gegevens/gegevens.json", my_data.my_data_download, name="my-data-download"),
    path("mijn/verwijderen/", my_data.delete_account, name="delete-account"),
    path("agenda/<slug:key>/oproepen.ics", private.private_calendar, name="private-calendar"),
    path("agenda/<slug:key>/oproepen.atom", private.private_feed, name="private-feed"),
    path("afmelden/<str:token>/", unsubscribe, name="unsubscribe"),
    path("voorbeeld/<str:token>/", preview.preview, name="preview"),
    path("voorbeeld/<str:token>/bijlagen/<int:pk>/", preview.preview_document, name="preview-document"),
    path("contacten/", views.ContactPage.as_view(), name="contacts"),
    path("open-data/", open_data, name="open-data"),
    path("toegankelijkheid/", views.LegalPage.as_view(template_name="accessibility.html"), name="accessibility"),
    path("privacy/", views.LegalPage.as_view(template_name="privacy.html"), name="privacy"),
    path("api/v1/", api.urls),
    path("ontwikkeling/mails/", shown_mails.mails, name="shown-mails"),
    path("ontwikkeling/mails/<int:pk>/", shown_mails.mail, name="shown-mail"),
    path("ontwikkeling/mails/<int:pk>/html/", shown_mails.html_part, name="shown-mail-html"),
    path("healthz/", views.health, name="health"),
    path("readyz/", views.ready, name="ready"),
    path("metrics/", metrics, name="metrics"),
    path("sitemap.xml", sitemaps.index, {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    # Browsers ask for it wherever a page names no icon: a feed, a calendar, an attachment.
    path("favicon.ico", views.icon),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain"), name="robots"),
    # Django's own password form knows nothing of our sign-in rules.
    path("beheer/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("beheer/overzicht/", admin.site.admin_view(overview), name="overview"),
    path("beheer/", admin.site.urls),
    path("account/", include("accounts.urls")),
    # Both generations of the old site.
    re_path(r"^(?:index\.php/)?nl/(?:[-\w]+/){1,2}calls/(?P<slug>[-\w]+)/?$", calls.old_address),
    re_path(r"^(?:index\.php/)?nl/(?:[-\w]+/)?(?P<slug>[-\w]+)/calls/?$", calls.old_theme_address),
    re_path(r"^call/[-\w]+/(?P<slug>[-\w]+)/?$", calls.old_address),
]

handler400 = "portal.views.bad_request"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
