//! What an endpoint takes and answers, said in the file of its handler.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::schema::{self, Model};

const JSON: &str = "application/json";

/// The description of one endpoint. Its path's parameters and who may use it are the row's business, and so are 400, 403,
/// 404 and 413 where these are no more than usual.
#[must_use]
#[derive(Debug)]
pub struct Operation {
    summary: &'static str,
    description: Option<&'static str>,
    deprecated: bool,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: BTreeMap<u16, Value>,
}

impl Operation {
    /// An endpoint, and what it does in one sentence.
    pub fn new(summary: &'static str) -> Self {
        Self {
            summary,
            description: None,
            deprecated: false,
            parameters: Vec::new(),
            body: None,
            responses: BTreeMap::new(),
        }
    }

    /// What one sentence does not say.
    pub fn details(mut self, text: &'static str) -> Self {
        self.description = Some(text);
        self
    }

    /// Only old clients use it.
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// A parameter of the query that may be left out.
    pub fn query(self, name: &str, schema: Value, text: &str) -> Self {
        self.parameter(name, "query", false, schema, text)
    }

    /// A parameter of the query that must be there.
    pub fn needs_query(self, name: &str, schema: Value, text: &str) -> Self {
        self.parameter(name, "query", true, schema, text)
    }

    pub(super) fn path_parameter(self, name: &str, text: &str) -> Self {
        self.parameter(name, "path", true, schema::text(), text)
    }

    fn parameter(mut self, name: &str, place: &str, required: bool, schema: Value, text: &str) -> Self {
        let parameter =
            json!({ "name": name, "in": place, "required": required, "schema": schema, "description": text });
        self.parameters.push(parameter);
        self
    }

    /// A JSON body that may be left out.
    pub fn body(self, schema: Value) -> Self {
        self.content(JSON, schema, false)
    }

    /// A JSON body that must be there.
    pub fn needs_body(self, schema: Value) -> Self {
        self.content(JSON, schema, true)
    }

    /// A form as browsers send it.
    pub fn needs_form(self, schema: Value) -> Self {
        self.content("application/x-www-form-urlencoded", schema, true)
    }

    fn content(mut self, media: &str, schema: Value, required: bool) -> Self {
        self.body = Some(json!({ "required": required, "content": { media: { "schema": schema } } }));
        self
    }

    /// Answers with a model.
    pub fn sends<T: Model>(self, status: u16, text: &str) -> Self {
        self.sends_json(status, schema::model::<T>(), text)
    }

    /// Answers with JSON that has no model of its own.
    pub fn sends_json(self, status: u16, schema: Value, text: &str) -> Self {
        self.streams(status, JSON, schema, text)
    }

    /// Answers with something else than JSON.
    pub fn streams(mut self, status: u16, media: &str, schema: Value, text: &str) -> Self {
        let response = json!({ "description": text, "content": { media: { "schema": schema } } });
        self.responses.insert(status, response);
        self
    }

    /// Answers without a body.
    pub fn answers(mut self, status: u16, text: &str) -> Self {
        self.responses.insert(status, json!({ "description": text }));
        self
    }

    /// Answers with one page of a list.
    pub fn sends_page(self, items: Value, text: &str) -> Self {
        let whole = schema::any_of([items.clone(), schema::page_of(items)]);
        self.takes_page().sends_json(200, whole, text).details(
            "With `Accept: application/jupyterhub-pagination+json` the answer says where the next page is; without, \
             it is the bare page.",
        )
    }

    /// Answers with one page of a list that is never sent bare.
    pub fn sends_envelope<T: Model>(self, text: &str) -> Self {
        let whole = schema::page_of(schema::list(schema::model::<T>()));
        self.takes_page().sends_json(200, whole, text)
    }

    fn takes_page(self) -> Self {
        self.query("offset", schema::whole_number(), "How many entries to skip.").query(
            "limit",
            schema::whole_number(),
            "How many entries to send at most.",
        )
    }

    /// Refuses with the usual error and a message.
    pub fn refuses(mut self, status: u16, when: &str) -> Self {
        self.responses.insert(status, refusal(when));
        self
    }

    pub(super) fn also_refuses(mut self, status: u16, when: &str) -> Self {
        self.responses.entry(status).or_insert_with(|| refusal(when));
        self
    }

    pub(super) fn has_body(&self) -> bool {
        self.body.is_some()
    }

    pub(super) fn reads_input(&self) -> bool {
        self.has_body() || !self.parameters.is_empty()
    }

    pub(super) fn into_json(self) -> Value {
        let responses: BTreeMap<String, Value> =
            self.responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect();
        let mut operation = json!({ "summary": self.summary, "responses": responses });
        let optional = [
            ("description", self.description.map(Value::from)),
            ("deprecated", self.deprecated.then_some(Value::Bool(true))),
            ("parameters", (!self.parameters.is_empty()).then_some(Value::Array(self.parameters))),
            ("requestBody", self.body),
        ];
        if let Some(fields) = operation.as_object_mut() {
            let present = optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            fields.extend(present);
        }
        operation
    }
}

fn refusal(when: &str) -> Value {
    let error = schema::model::<perijove_model::api::ErrorModel>();
    json!({ "description": when, "content": { JSON: { "schema": error } } })
}
