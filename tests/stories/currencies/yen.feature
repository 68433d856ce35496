Feature: A currency without cents

  Scenario: A yen is a yen
    Given the Account "Lotus Tea"
    And the open Opportunity "Leaves"
    And the plan "Team" at 12,000 JPY a month
    When "Lotus Tea" subscribes to 1 x "Team" for the Opportunity "Leaves"
    And an hour passes
    Then the subscription to "Team" of "Lotus Tea" shows:
      | MRR in Own Currency | 12,000 |
      | Currency            | JPY    |
    And the revenue entry is:
      | Gross in Own Currency | Currency |
      | 12,000                | JPY      |
    And in a single-currency org, the Account "Lotus Tea" shows:
      | Lifetime Value | 80.40 |
    And in a single-currency org, the subscription to "Team" of "Lotus Tea" shows:
      | In Totals | no |
    And the Opportunity "Leaves" is won
    And in a multicurrency org, the Account "Lotus Tea" shows:
      | Lifetime Value | 80.00  |
      | Current ARR    | 960.00 |
