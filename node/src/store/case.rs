//! What routing rules see of a conversation, and which conditions hold of it (SK-8, SK-9). Pure.

use salotto_protocol::assignment::{Condition, TextOperator};
use salotto_protocol::{AgentId, Facts};

use super::Head;

/// As it stands in the store: every node decides on the same.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Case {
    /// In lower case.
    url: String,
    facts: Facts,
}

/// Those of one rule, made ready once.
#[derive(Clone, Debug)]
pub(crate) struct Conditions(Vec<Asked>);

#[derive(Clone, Debug)]
enum Asked {
    Url(TextOperator, String),
    Returning(bool),
    Contact(bool),
    Owner(bool),
    /// Never holds.
    Unknown,
}

impl Case {
    pub(crate) fn of(head: &Head) -> Case {
        Case { url: head.started_on.url.to_lowercase(), facts: head.facts }
    }

    pub(crate) fn facts(&self) -> Facts {
        self.facts
    }

    /// Of the visitor's contact.
    pub(crate) fn owner(&self) -> Option<AgentId> {
        self.facts.owner
    }
}

impl Conditions {
    pub(crate) fn of(conditions: &[Condition]) -> Conditions {
        let asked = |condition: &Condition| match condition {
            Condition::PageUrl { operator, text } => Asked::Url(*operator, text.to_lowercase()),
            Condition::ReturningVisitor { is } => Asked::Returning(*is),
            Condition::KnownContact { is } => Asked::Contact(*is),
            Condition::ContactOwner { is } => Asked::Owner(*is),
            Condition::Unknown => Asked::Unknown,
        };
        Conditions(conditions.iter().map(asked).collect())
    }

    /// The place of the first one that does not hold.
    pub(crate) fn unmet(&self, case: &Case) -> Option<usize> {
        self.0.iter().position(|asked| !asked.holds(case))
    }
}

impl Asked {
    fn holds(&self, Case { url, facts }: &Case) -> bool {
        match self {
            Asked::Url(TextOperator::Is, text) => url == text,
            Asked::Url(TextOperator::StartsWith, text) => url.starts_with(text),
            Asked::Url(TextOperator::Contains, text) => url.contains(text),
            Asked::Returning(is) => facts.returning == *is,
            Asked::Contact(is) => facts.contact.is_some() == *is,
            Asked::Owner(is) => facts.owner.is_some() == *is,
            Asked::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::ContactId;
    use uuid::Uuid;

    use super::*;

    fn url(operator: TextOperator, text: &str) -> Condition {
        Condition::PageUrl { operator, text: text.to_owned() }
    }

    fn case(address: &str) -> Case {
        Case { url: address.to_owned(), facts: Facts::default() }
    }

    fn holds(conditions: &[Condition], case: &Case) -> bool {
        Conditions::of(conditions).unmet(case).is_none()
    }

    /// SK-8
    #[test]
    fn sk_8_an_address_is_compared_in_three_ways_whatever_the_case_of_its_letters() {
        let case = case("https://shop.example/pricing?plan=pro");
        for (operator, text, expected) in [
            (TextOperator::Is, "https://shop.example/Pricing?plan=pro", true),
            (TextOperator::Is, "https://shop.example/pricing", false),
            (TextOperator::StartsWith, "https://SHOP.example/", true),
            (TextOperator::StartsWith, "shop.example", false),
            (TextOperator::Contains, "/pricing", true),
            (TextOperator::Contains, "/contact", false),
        ] {
            assert_eq!(holds(&[url(operator, text)], &case), expected, "{operator:?} {text}");
        }
    }

    /// SK-8
    #[test]
    fn sk_8_who_the_visitor_is_is_asked_both_ways() {
        let nobody = case("");
        let facts = Facts {
            returning: true,
            contact: Some(ContactId(Uuid::from_u128(1))),
            owner: Some(AgentId(Uuid::from_u128(2))),
        };
        let known = Case { facts, ..nobody.clone() };
        let asks: [fn(bool) -> Condition; 3] = [
            |is| Condition::ReturningVisitor { is },
            |is| Condition::KnownContact { is },
            |is| Condition::ContactOwner { is },
        ];
        for ask in asks {
            assert!(holds(&[ask(true)], &known) && holds(&[ask(false)], &nobody));
            assert!(!holds(&[ask(false)], &known) && !holds(&[ask(true)], &nobody));
        }
    }

    /// SK-9
    #[test]
    fn sk_9_all_conditions_of_a_rule_hold_or_the_first_that_does_not_is_named() {
        let case = case("https://shop.example/pricing");
        let both =
            [url(TextOperator::Contains, "/pricing"), Condition::ReturningVisitor { is: true }];
        assert_eq!(Conditions::of(&both).unmet(&case), Some(1));
        assert!(holds(&both[..1], &case) && holds(&[], &case));
        assert!(!holds(&[Condition::Unknown], &case), "of a newer release");
    }
}
