//! The frames of replies, nginx's own pages, and its XML (facts: NX-OS §1.1).

use super::HttpReply;

/// A reply in JSON-RPC.
pub(super) const fn json(status: u16, body: String) -> HttpReply {
    HttpReply::Answer { status, content_type: "application/json-rpc; charset=UTF-8", set_cookie: None, body }
}

/// A reply of ins_api in JSON; networking-cisco reads it as `text/json` (facts: NX-OS §1.1).
pub(super) const fn ins_api_json(body: String) -> HttpReply {
    HttpReply::Answer { status: 200, content_type: "text/json; charset=UTF-8", set_cookie: None, body }
}

/// A reply of ins_api in XML.
pub(super) const fn ins_api_xml(body: String) -> HttpReply {
    HttpReply::Answer { status: 200, content_type: "text/xml; charset=UTF-8", set_cookie: None, body }
}

/// nginx's own page.
pub(super) fn html(status: u16, reason: &str) -> HttpReply {
    let body = format!(
        "<html>\n<head><title>{status} {reason}</title></head>\n<body bgcolor=\"white\">\n<center><h1>{status} \
         {reason}</h1></center>\n<hr><center>nginx/1.7.10</center>\n</body>\n</html>\n"
    );
    HttpReply::Answer { status, content_type: "text/html", set_cookie: None, body }
}

/// What garbage gets, in XML even to a JSON client.
pub(super) fn garbage_in() -> HttpReply {
    let body = "<?xml version=\"1.0\"?>\n<ins_api>\n  <outputs>\n    <output>\n      <msg>Server internal error.</msg>\n      \
                <code>400</code>\n    </output>\n  </outputs>\n</ins_api>\n";
    HttpReply::Answer { status: 400, content_type: "text/xml", set_cookie: None, body: body.to_owned() }
}
