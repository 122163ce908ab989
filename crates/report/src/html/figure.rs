//! The figures of an experiment: each picture for wide and narrow screens, over rounds
//! and over labels spent, of which the style sheet shows one.

use maud::{Markup, PreEscaped, html};

use crate::plot::{Across, Picture};

/// All figures; two pictures that differ in their horizontal axis share one.
pub(super) fn figures(pictures: &[Picture]) -> Markup {
    html! {
        div class="figures" {
            @for same in pictures.chunk_by(|a, b| a.title == b.title) {
                figure {
                    figcaption { (same[0].title) }
                    @for picture in same {
                        // A picture that has no other to switch to is always shown.
                        (figure(picture, same.len() > 1))
                    }
                }
            }
        }
    }
}

fn figure(picture: &Picture, switched: bool) -> Markup {
    let class = match picture.across {
        Across::Rounds if switched => "by-round",
        Across::Labels if switched => "by-labels",
        _ => "always",
    };
    let [wide, narrow] = picture.inline();
    html! {
        div class=(class) {
            div class="screen" { (PreEscaped(wide)) }
            div class="phone" { (PreEscaped(narrow)) }
        }
    }
}
