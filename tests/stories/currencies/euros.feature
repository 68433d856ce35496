Feature: A customer pays in euros

  Scenario: Cash counts as Stripe settled it, an hour later
    Given the Account "Juniper Gin"
    And the open Opportunity "Still"
    And the plan "Team" at 100 EUR a month
    When "Juniper Gin" subscribes to 1 x "Team" for the Opportunity "Still"
    And an hour passes
    Then in a single-currency org, the revenue entry is:
      | Gross in Own Currency | Currency | Amount | In Totals | Settlement Pending |
      | 100.00                | EUR      | 108.00 | yes       | no                 |
    And in a single-currency org, the Account "Juniper Gin" shows:
      | Lifetime Value | 108.00 |
    And the Opportunity "Still" is won
    And in a single-currency org, the subscription to "Team" of "Juniper Gin" shows:
      | MRR in Own Currency | 100.00 |
      | MRR                 | 108.00 |
      | In Totals           | yes    |
    And in a multicurrency org, the revenue entry is:
      | Gross in Own Currency | Currency | Amount | In Totals | Settlement Pending |
      | 100.00                | EUR      | 100.00 | yes       | no                 |
    And in a multicurrency org, the Account "Juniper Gin" shows:
      | Lifetime Value | 108.70   |
      | Current ARR    | 1,304.35 |
    And in a multicurrency org, the subscription to "Team" of "Juniper Gin" shows:
      | MRR in Own Currency | 100.00 |
      | MRR                 | 100.00 |
      | In Totals           | yes    |
