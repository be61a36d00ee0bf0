//! An appeal: a draft against the verdict of a recorded case, and who may not sit on its panel. It draws nobody.

use live_jury_court::{
    APPEAL_STEPS_MAX, AppealError, Brief, Case, Sums, appeal_brief, check_appeal_edit, check_appealable, raise_bars,
};
use live_jury_proof::statement::AppealOf;
use live_jury_protocol::{Actor, AuditAction, NewCase, Panel};

use super::attest::off_the_runtime;
use super::{Author, Lifecycle, LifecycleError, ModeratorRequest};
use crate::docket::{DocketError, JURORS_ASKED_MAX};

impl Lifecycle {
    /// Files the draft of an appeal against a case's verdict.
    ///
    /// # Errors
    /// The case cannot be appealed, has an appeal, its room is full of drafts, or the docket did not answer.
    pub async fn appeal(&self, case: &Case, request: &ModeratorRequest) -> Result<Case, LifecycleError> {
        request.check_version(case)?;
        self.file_appeal(case, request.author(), |_| {}).await
    }

    /// The same for a party of the case, whose appeal needs more ballots.
    ///
    /// # Errors
    /// As above.
    pub async fn appeal_of_party(&self, case: &Case, kind: Actor, id: &str) -> Result<Case, LifecycleError> {
        self.file_appeal(case, Author::Party(kind, id), raise_bars).await
    }

    async fn file_appeal(
        &self,
        case: &Case,
        author: Author<'_>,
        change: fn(&mut NewCase),
    ) -> Result<Case, LifecycleError> {
        let earlier = self.earlier_cases(case).await?;
        let ended = check_appealable(case, earlier.len(), &self.key, self.clock.now_ms())?;
        for case in &earlier {
            self.check_key(case)?;
        }
        if self.docket.logged_case(case.id).await?.is_none() {
            return Err(AppealError::NotLogged.into());
        }
        tracing::debug!(case = %case.id, outcome = ended.verdict.outcome.as_str(), "a verdict is appealed");
        let sums = self.sums_of(case).await?;
        let mut brief = appeal_brief(case, &sums);
        change(&mut brief);
        let brief = Brief::of_appeal(brief)?;
        let draft = self.draft(case.room.clone(), brief)?.appealing(case.id);
        let entry = self.entry(&draft, author, AuditAction::Created, Some(format!("appeal of {}", case.id)));
        match self.docket.add(&draft, &[entry], None).await {
            Ok(_) => {}
            // The docket repeated the call, and the first one had been carried out.
            Err(DocketError::Conflict(_) | DocketError::Appealed(_)) if self.is_filed(&draft).await? => {}
            Err(error) => return Err(error.into()),
        }
        self.peers.announce(&draft.room);
        Ok(draft)
    }

    /// The entry of the case that an appeal is against, for the appeal's statement.
    pub(super) async fn entry_of_appealed(&self, case: &Case) -> Result<Option<AppealOf>, LifecycleError> {
        let Some(id) = case.appeal_of else { return Ok(None) };
        let logged = self.docket.logged_case(id).await?;
        let missing = || DocketError::Malformed(format!("case {id}, which {} appeals, is in no log", case.id));
        Ok(Some(AppealOf { case: id.0.into_bytes(), index: logged.ok_or_else(missing)?.index }))
    }

    async fn is_filed(&self, draft: &Case) -> Result<bool, LifecycleError> {
        Ok(self.docket.case(draft.id).await?.is_some())
    }

    /// The sums of a recorded case's ballots.
    async fn sums_of(&self, case: &Case) -> Result<Sums, LifecycleError> {
        let (id, brief) = (case.id, case.brief.clone());
        let ballots = self.docket.ballots(id).await?;
        let sums = off_the_runtime(move || Sums::of(&brief, &ballots)).await;
        let unfit = || DocketError::Malformed(format!("a ballot of case {id} is for no option of it"));
        Ok(sums.ok_or_else(unfit)?)
    }

    /// The cases that led to an appeal, the last one first; none for a case that is no appeal. One that was erased has
    /// no ballots any more by which those who took part could be told.
    async fn earlier_cases(&self, case: &Case) -> Result<Vec<Case>, LifecycleError> {
        let (mut earlier, mut next) = (Vec::new(), case.appeal_of);
        while let Some(id) = next.filter(|_| earlier.len() < APPEAL_STEPS_MAX) {
            // A case that another one refers to goes by an erasure alone.
            let case = self.docket.case(id).await?.ok_or(AppealError::EarlierErased)?;
            next = case.appeal_of;
            earlier.push(case);
        }
        Ok(earlier)
    }

    fn check_key(&self, case: &Case) -> Result<(), AppealError> {
        let is_same = case.state.opened().is_some_and(|open| open.key == self.key);
        if is_same { Ok(()) } else { Err(AppealError::KeyChanged) }
    }

    /// Checks that those who took part in the cases before an appeal can be told, by the present ballot key.
    pub(super) async fn check_earlier_keys(&self, case: &Case) -> Result<(), LifecycleError> {
        let earlier = self.earlier_cases(case).await?;
        Ok(earlier.iter().try_for_each(|case| self.check_key(case))?)
    }

    /// Tells which viewers may not sit on a case's panel, in their order: they took part in a case that led to it. The
    /// draw asks for its candidates, in order of ticket.
    ///
    /// # Errors
    /// The ballot key is not that of the earlier cases, or the docket did not answer.
    pub async fn took_part_before(&self, case: &Case, subs: &[&str]) -> Result<Vec<bool>, LifecycleError> {
        let mut took_part = vec![false; subs.len()];
        for earlier in self.earlier_cases(case).await? {
            self.check_key(&earlier)?;
            for (some, found) in subs.chunks(JURORS_ASKED_MAX).zip(took_part.chunks_mut(JURORS_ASKED_MAX)) {
                let jurors: Vec<_> = some.iter().map(|sub| self.attestor.key.pseudonym(earlier.id, sub)).collect();
                for (found, one) in found.iter_mut().zip(self.docket.took_part(earlier.id, &jurors).await?) {
                    *found |= one;
                }
            }
        }
        Ok(took_part)
    }
}

/// Checks an edit of a draft that is an appeal, and tells what its audit line says: a panel that the platform lowers.
pub(super) fn check_edit(
    case: &Case,
    after: &NewCase,
    request: &ModeratorRequest,
) -> Result<Option<String>, LifecycleError> {
    if case.appeal_of.is_none() {
        return Ok(None);
    }
    check_appeal_edit(&case.brief, after, request.is_platform)?;
    let (before, after) = (case.brief.rules.panel, after.rules.panel);
    Ok((request.is_platform && before != after).then(|| format!("panel {} → {}", size(before), size(after))))
}

/// A panel's size for an audit line.
fn size(panel: Option<Panel>) -> String {
    let Panel { buyer, merchant, other, min_level, .. } = panel.unwrap_or_default();
    format!("{buyer}+{merchant}+{other} level {min_level}")
}

impl ModeratorRequest {
    /// The author of the step.
    pub(super) fn author(&self) -> Author<'_> {
        if self.is_platform { Author::Platform(&self.sub) } else { Author::Moderator(&self.sub) }
    }
}
